"""Log files of this host."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from playbooks.errors import HostError
from playbooks.hosts.logs.lines import Fresh, LogLine, lines_in, text_of
from playbooks.hosts.logs.tail import tail
from playbooks.lines.masks import LineMask
from playbooks.lines.when import time_of
from playbooks.model.base import JsonObject

_MOST_BYTES = 4 * 1024 * 1024
_STREAMED_BYTES = 64 * 1024 * 1024
_CHUNK = 256 * 1024
_AT_ONCE = 10_001


@dataclass(frozen=True)
class FileLog:
    """A `LogSource`. A file that is not there (yet) has no lines."""

    path: Path

    def mask(self) -> LineMask:
        return LineMask()

    def newest(self, lines: int, since: datetime | None) -> Iterator[LogLine]:
        """Of many lines those in the last 64 MB, one after the other."""
        try:
            if lines > _AT_ONCE:
                yield from _streamed(self.path, since)
                return
            found = tail(self.path, lines, since)
        except OSError as error:
            raise _unreadable(self.path, error) from error
        for text in found.lines:
            yield LogLine(text, time_of(text))

    def fresh(self, cursor: JsonObject, most: int) -> Fresh:
        """The cursor holds the file's inode and how far it was read. A file in its place, or one
        that was emptied, is read from its beginning; of much that came at once, the end."""
        try:
            seen = self.path.stat()
        except FileNotFoundError:
            return Fresh((), cursor)
        except OSError as error:
            raise _unreadable(self.path, error) from error
        if not cursor:
            return Fresh((), {"inode": seen.st_ino, "offset": seen.st_size})
        same = cursor.get("inode") == seen.st_ino and int(cursor["offset"]) <= seen.st_size
        begin = int(cursor["offset"]) if same else 0
        lines, end = _from(self.path, max(begin, seen.st_size - _MOST_BYTES), most)
        return Fresh(lines, {"inode": seen.st_ino, "offset": end})


def _streamed(path: Path, since: datetime | None) -> Iterator[LogLine]:
    """Forwards, so that none is kept. A line without a time goes with the line before it."""
    if not path.exists():
        return
    newer = since is None
    with path.open("rb") as file:
        begin = max(0, path.stat().st_size - _STREAMED_BYTES)
        file.seek(begin)
        chunks = iter(lambda: file.read(_CHUNK), b"")
        for number, raw in enumerate(lines_in(chunks)):
            if begin and number == 0:
                continue  # most likely only the end of a line
            text = text_of(raw)
            at = time_of(text)
            newer = newer if since is None or at is None else at >= since
            if newer:
                yield LogLine(text, at)


def _from(path: Path, begin: int, most: int) -> tuple[tuple[LogLine, ...], int]:
    """The whole lines from there on, and where the last one ends."""
    try:
        with path.open("rb") as file:
            file.seek(begin)
            data = file.read(_MOST_BYTES)
    except OSError as error:
        raise _unreadable(path, error) from error
    whole, newline, _ = data.rpartition(b"\n")
    texts = [text_of(raw) for raw in whole.split(b"\n")[-most:]] if newline else []
    lines = tuple(LogLine(text, time_of(text)) for text in texts)
    return lines, begin + len(whole) + len(newline)


def _unreadable(path: Path, error: OSError) -> HostError:
    return HostError(
        f"{path} cannot be read: {error.strerror}.", "Let the user Interlock runs as read it."
    )
