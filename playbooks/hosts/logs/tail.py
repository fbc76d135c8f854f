"""The end of a log file, read backwards so that its size does not matter."""

import os
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

_BLOCK = 64 * 1024
_LONGEST_LINE = 4000
_LONGEST_KEPT = 1024 * 1024
_TIME = re.compile(rb"^\W?(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)")


@dataclass(frozen=True)
class Tail:
    """The last lines that fit, oldest first. `more`: older ones fit too. `timed`: lines had times.

    A line that is too long is cut, with a mark that says so.
    """

    lines: tuple[str, ...]
    more: bool = False
    timed: bool = False


def tail(path: Path, lines: int, since: datetime | None = None, grep: str = "") -> Tail:
    """The last `lines` lines that contain `grep` (upper and lower case are one) and are not older
    than `since`.

    A line's time is the ISO time it opens with, UTC where it has no zone; a line without one
    belongs to the line before it. A missing file has no lines.
    """
    kept: deque[bytes] = deque()
    timed, wanted = False, grep.lower().encode()
    untimed: list[bytes] = []
    for line in _backwards(path):
        when = _time_of(line) if since else None
        timed = timed or when is not None
        untimed.append(line)
        if since and when is None:
            continue
        if since and when and when < since:
            break
        kept.extendleft(part for part in untimed if wanted in part.lower())
        untimed.clear()
        if len(kept) > lines:
            break
    shown = list(kept)[-lines:] if lines else []
    return Tail(tuple(_text(line) for line in shown), more=len(kept) > lines, timed=timed)


def _time_of(line: bytes) -> datetime | None:
    found = _TIME.match(line)
    if not found:
        return None
    try:
        when = datetime.fromisoformat(found.group(1).decode().replace(",", "."))
    except ValueError:
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def _text(line: bytes) -> str:
    text = line[:_LONGEST_LINE].decode(errors="replace").rstrip("\r")
    left_out = len(line) - _LONGEST_LINE
    return f"{text} … ({left_out} more bytes)" if left_out > 0 else text


def _backwards(path: Path) -> Iterator[bytes]:
    """Lines without their ends, the last one first. Lines of megabytes come in pieces."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return
    with file:
        position = file.seek(0, os.SEEK_END)
        rest, first = b"", True
        while position:
            size = min(_BLOCK, position)
            position -= size
            file.seek(position)
            parts = (file.read(size) + rest).split(b"\n")
            rest = parts[0]
            complete = parts[1:-1] if first and not parts[-1] else parts[1:]
            first = False if len(parts) > 1 else first
            yield from reversed(complete)
            if len(rest) > _LONGEST_KEPT:
                yield rest
                rest = b""
        if rest or not first:
            yield rest
