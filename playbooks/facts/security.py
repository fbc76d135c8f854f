"""What the logs of a service show of attacks, since the last look."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playbooks.errors import FactUnavailable, HostError, InputError
from playbooks.facts.logs import counted_logs
from playbooks.hosts.log_lines import LogSource
from playbooks.hosts.log_sources import source_of
from playbooks.lines.security import Look, look_through
from playbooks.model.base import JsonObject, Model
from playbooks.model.security import LARGE_RESPONSE
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
    with _explained():
        names = counted_logs(stack, args.service)
    for name in names:
        try:
            source = source_of(stack, args.service, name)
            fresh = source.fresh(args.cursors.get(name, {}), _MOST_LINES)
            if fresh.lines:
                looks.append(_look_through(stack, [line.text for line in fresh.lines], source))
        except (HostError, InputError) as error:
            problems.append(f"{name}: {error.message.rstrip('.')}")
        else:
            cursors[name] = fresh.cursor
    plain = [each.model_dump(mode="json") for each in looks]
    return {"looks": plain, "cursors": cursors, "problems": problems}


def _look_through(stack: Stack, lines: list[str], source: LogSource) -> Look:
    size = stack.security.large_response_bytes
    large = (LARGE_RESPONSE, size) if size is not None else None
    return look_through(lines, stack.security.looked_for(), large, source.mask())


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except (HostError, InputError) as error:
        raise FactUnavailable(error.message, error.hint) from error


READERS: tuple[Reader[Any], ...] = (Reader("security.look", LookArgs, look),)
