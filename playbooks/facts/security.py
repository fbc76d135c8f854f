"""What the logs of a service show of attacks, since the last look or of the last time."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from playbooks.errors import FactUnavailable, HostError, InputError
from playbooks.facts.logs import SEARCH_SECONDS, SEARCHED_LINES, chosen_logs
from playbooks.hosts.logs.lines import LogLine, LogSource
from playbooks.hosts.logs.sources import Found, found_logs, source_of
from playbooks.lines.security import Look, look_through
from playbooks.model.base import JsonObject, Model
from playbooks.model.security import LARGE_RESPONSE
from playbooks.model.security_patterns import ReadyMade
from playbooks.model.stack import Stack
from playbooks.ports import Reading
from playbooks.registry import Reader

_MOST_LINES = 20_000


class LookArgs(Model):
    """`service` is empty for the stack's own files. `cursors` are what the last look gave, by the
    name of a log; a log that is not among them is looked at from now on."""

    service: str
    cursors: dict[str, JsonObject] = {}


def look(reading: Reading, args: LookArgs) -> JsonObject:
    """{looks: [`Look`], cursors: for the next look, problems: logs that could not be read, with the
    reason}. The patterns are those of the stack file; the examples have no secrets in them."""
    stack = reading.stack
    cursors: dict[str, JsonObject] = {}
    looks: list[Look] = []
    problems: list[str] = []
    for name in _names(stack, args.service, problems):
        try:
            source = source_of(stack, args.service, name)
            fresh = source.fresh(args.cursors.get(name, {}), _MOST_LINES)
            if fresh.lines:
                lines = [line.text for line in fresh.lines]
                looks.append(_look_through(stack, lines, source, stack.security.sought()))
        except (HostError, InputError) as error:
            problems.append(f"{name}: {error.message.rstrip('.')}")
        else:
            cursors[name] = fresh.cursor
    plain = [each.model_dump(mode="json") for each in looks]
    return {"looks": plain, "cursors": cursors, "problems": problems}


class PastArgs(Model):
    """The last `since` seconds of the logs of a service, or with an empty name of the stack's own
    files; `patterns` and `use` as `Security.sought` takes them."""

    service: str
    since: float
    patterns: tuple[str, ...] = ()
    use: tuple[ReadyMade, ...] = ()


def past(reading: Reading, args: PastArgs) -> JsonObject:
    """{looks: [`Look`], whole: whether there was time for all of it, problems: as of `look`}."""
    stack = reading.stack
    sought = stack.security.sought(args.patterns, args.use)
    since = reading.now - timedelta(seconds=args.since)
    looks: list[Look] = []
    problems: list[str] = []
    bound = _Bound(SEARCHED_LINES, time.monotonic() + SEARCH_SECONDS)
    for name in _names(stack, args.service, problems):
        try:
            source = source_of(stack, args.service, name)
            lines = bound.over(source.newest(SEARCHED_LINES, since))
            looks.append(_look_through(stack, lines, source, sought))
        except (HostError, InputError) as error:
            problems.append(f"{name}: {error.message.rstrip('.')}")
    plain = [each.model_dump(mode="json") for each in looks]
    return {"looks": plain, "whole": not bound.reached, "problems": problems}


@dataclass
class _Bound:
    """Lets so many lines pass, until then on the monotonic clock; `reached` says whether it ended
    something."""

    left: int
    ends: float
    reached: bool = False

    def over(self, lines: Iterable[LogLine]) -> Iterator[str]:
        for line in lines:
            if self.left <= 0 or time.monotonic() > self.ends:
                self.reached = True
                return
            self.left -= 1
            yield line.text


def _look_through(
    stack: Stack, lines: Iterable[str], source: LogSource, sought: Mapping[str, Sequence[str]]
) -> Look:
    size = stack.security.large_response_bytes
    large = (LARGE_RESPONSE, size) if size is not None and LARGE_RESPONSE in sought else None
    return look_through(lines, sought, large, source.mask())


def _names(stack: Stack, service: str, problems: list[str]) -> list[str]:
    """The logs that are looked through. A folder that is not there is a problem, and hides none of
    those that were found before it. Raises FactUnavailable where there is no log at all."""
    known: list[Found] = []
    with _explained():
        try:
            for each in found_logs(stack, service):
                known.append(each)
        except HostError as error:
            if not known:
                raise
            problems.append(error.message.rstrip("."))
        return chosen_logs(stack, service, known)


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except (HostError, InputError) as error:
        raise FactUnavailable(error.message, error.hint) from error


READERS: tuple[Reader[Any], ...] = (
    Reader("security.look", LookArgs, look),
    Reader("security.past", PastArgs, past),
)
