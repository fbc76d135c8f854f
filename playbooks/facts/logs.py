"""What can be read of the logs of a stack: which there are, their lines, and how they are kept."""

import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from playbooks.errors import FactUnavailable, HostError, InputError
from playbooks.hosts.logs.lines import LogLine
from playbooks.hosts.logs.rotation import rotated_by
from playbooks.hosts.logs.sources import Found, found_logs, kept_of, source_of
from playbooks.lines.choice import choice
from playbooks.lines.counting import ErrorCounter
from playbooks.lines.masks import LineMask
from playbooks.model.base import JsonObject, Model
from playbooks.model.hosts import LocalHost
from playbooks.model.logged import ErrorKind, KeptFile, Volume
from playbooks.model.stack import Stack
from playbooks.ports import Reading
from playbooks.registry import Reader

# A log is searched so far back, and so long, whatever is asked.
SEARCHED_LINES = 100_000
SEARCH_SECONDS = 12.0
_COUNT_SECONDS = 8.0
_COUNTED_FILES = 3
_FRESH_LINES = 2_000
_VOLUME_SECONDS = 2.0


class LinesArgs(Model):
    """`service` is empty for a log of the whole stack; `source` is a log's name, empty for the
    first. `since` is a length of time in seconds before now; `grep` a regular expression; `level`
    the least level of a line."""

    service: str = ""
    source: str = ""
    lines: int = 100
    since: float | None = None
    grep: str = ""
    level: str = ""


class FreshArgs(Model):
    """As LinesArgs; `cursor` is what the last look gave, empty at first."""

    service: str = ""
    source: str = ""
    cursor: JsonObject = {}
    grep: str = ""
    level: str = ""


class WhoseLogs(Model):
    """A service, or with an empty name the stack's own files."""

    service: str = ""


class ErrorArgs(Model):
    """Errors of the last `since` seconds in so many buckets of time. An empty service stands for
    the stack's own files."""

    service: str
    since: float = 3600.0
    buckets: int = 30


def lines(reading: Reading, args: LinesArgs) -> JsonObject:
    """{lines: [text], more: whether older ones fit too, note: sentence or ""}."""
    since = _before(reading.now, args.since)
    kept: deque[str] = deque(maxlen=args.lines + 1)
    with _explained():
        wanted = choice(args.grep, args.level)
        filtered = bool(args.grep or args.level or since)
        searched = SEARCHED_LINES if filtered else args.lines + 1
        source = source_of(reading.stack, args.service, args.source, _literal(args.grep))
        ends = time.monotonic() + SEARCH_SECONDS
        read, late, timed = 0, False, False
        for line in source.newest(searched, since):
            read, timed = read + 1, timed or line.at is not None
            if wanted.wants(line.text, line.part, line.level):
                kept.append(line.shown)
            if time.monotonic() > ends:
                late = True
                break
        mask = source.mask()
    note = _note(args, since, (read, searched), late=late, timed=timed)
    shown = [mask(text) for text in list(kept)[-args.lines :]]
    return {"lines": shown, "more": len(kept) > args.lines, "note": note}


def fresh(reading: Reading, args: FreshArgs) -> JsonObject:
    """{lines: [text], cursor: for the next look}."""
    with _explained():
        wanted = choice(args.grep, args.level)
        source = source_of(reading.stack, args.service, args.source)
        found = source.fresh(args.cursor, _FRESH_LINES)
        chosen = [
            line.shown for line in found.lines if wanted.wants(line.text, line.part, line.level)
        ]
        mask = source.mask()
    return {"lines": [mask(text) for text in chosen], "cursor": found.cursor}


def sources(reading: Reading, args: WhoseLogs) -> JsonObject:
    """{logs: [`Found`], kept: [`Kept`], files: [`KeptFile`], volume: `Volume` or null}."""
    stack = reading.stack
    with _explained():
        logs = list(found_logs(stack, args.service))
        kept = kept_of(stack, args.service) if args.service else ()
        volume = _volume(reading, args.service) if kept else None
    files = [
        KeptFile(
            path=each.path,
            bytes=each.bytes,
            keep_seconds=each.keep_seconds,
            rotated_by=_rotated_by(reading, args.service, each),
        )
        for each in logs
        if each.kind in {"file", "container-file"}
    ]
    return {
        "logs": [each.model_dump(mode="json") for each in logs],
        "kept": [each.model_dump(mode="json") for each in kept],
        "files": [each.model_dump(mode="json") for each in files],
        "volume": volume.model_dump(mode="json") if volume else None,
    }


def _rotated_by(reading: Reading, service: str, log: Found) -> str | None:
    """Where that can be seen: for files of this host."""
    stack = reading.stack
    host = stack.host_of(service) if service else stack.host
    here = log.kind == "file" and isinstance(host, LocalHost)
    return rotated_by(log.path) if here else None


def errors(reading: Reading, args: ErrorArgs) -> JsonObject:
    """An `ErrorCount` of the service's output and log files; where it has neither, of its stream in
    Loki. With an empty service, of the stack's own files."""
    since = reading.now - timedelta(seconds=args.since)
    counter = ErrorCounter(since, reading.now, args.buckets)
    ends, whole, masks = time.monotonic() + _COUNT_SECONDS, True, []
    with _explained():
        for name in counted_logs(reading.stack, args.service):
            source = source_of(reading.stack, args.service, name)
            whole = _counted(counter, source.newest(SEARCHED_LINES, since), ends) and whole
            masks.append(source.mask())
    count = counter.count(whole=whole)
    kinds = tuple(_masked(each, masks) for each in count.kinds)
    return count.model_copy(update={"kinds": kinds}).model_dump(mode="json")


def counted_logs(stack: Stack, service: str) -> list[str]:
    """Those of a service that are looked through. Raises FactUnavailable where there is none."""
    return chosen_logs(stack, service, list(found_logs(stack, service)))


def chosen_logs(stack: Stack, service: str, known: Sequence[Found]) -> list[str]:
    """The same, of the logs that are known of it."""
    files = [each.path for each in known if each.kind in {"file", "container-file"}]
    names = [each.name for each in known if each.kind == "output"] + files[:_COUNTED_FILES]
    names = names or [each.name for each in known if each.kind == "loki"]
    if not names:
        raise FactUnavailable(
            f"{service or stack.name} has no log that is known.",
            "Name one as `logs` in the stack file.",
        )
    return names


def _counted(counter: ErrorCounter, found: Iterator[LogLine], ends: float) -> bool:
    """Whether all of them were looked at in time."""
    read = 0
    for line in found:
        counter.add(line.text, line.at, line.level)
        read += 1
        if time.monotonic() > ends:
            return False
    return read < SEARCHED_LINES


def _masked(kind: ErrorKind, masks: list[LineMask]) -> ErrorKind:
    shape, example = kind.shape, kind.example
    for mask in masks:
        shape, example = mask(shape), mask(example)
    return kind.model_copy(update={"shape": shape, "example": example})


def _volume(reading: Reading, service: str) -> Volume:
    """What came within the last hour, as far as two seconds of reading go."""
    hour = timedelta(hours=1)
    ends, count, size = time.monotonic() + _VOLUME_SECONDS, 0, 0
    whole = True
    source = source_of(reading.stack, service, "")
    for line in source.newest(SEARCHED_LINES, reading.now - hour):
        count, size = count + 1, size + len(line.text) + 1
        if time.monotonic() > ends:
            whole = False
            break
    whole = whole and count < SEARCHED_LINES
    return Volume(lines=count, bytes=size, seconds=hour.total_seconds(), whole=whole)


def _note(
    args: LinesArgs,
    since: datetime | None,
    counts: tuple[int, int],
    *,
    late: bool,
    timed: bool,
) -> str:
    read, searched = counts
    if late:
        return f"Only {read:,} lines were searched within {SEARCH_SECONDS:g} s."
    if (args.grep or args.level) and read >= searched:
        return f"Only the newest {searched:,} lines were searched."
    if since and not timed and not read:
        return "Lines that say no time of theirs are left out by `--since`."
    return ""


def _literal(grep: str) -> str:
    """The pattern, where it is plain text: some sources look for that by themselves."""
    return grep if grep and all(sign.isalnum() or sign in " _-=:/," for sign in grep) else ""


def _before(now: datetime, seconds: float | None) -> datetime | None:
    return None if seconds is None else now - timedelta(seconds=seconds)


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except (HostError, InputError) as error:
        raise FactUnavailable(error.message, error.hint) from error


READERS: tuple[Reader[Any], ...] = (
    Reader("logs.lines", LinesArgs, lines),
    Reader("logs.fresh", FreshArgs, fresh),
    Reader("logs.sources", WhoseLogs, sources),
    Reader("logs.errors", ErrorArgs, errors),
)
