"""Log files of this host."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from playbooks.errors import HostError
from playbooks.hosts.log_lines import Fresh, LogLine, text_of
from playbooks.hosts.logs import tail
from playbooks.lines.masks import LineMask
from playbooks.lines.when import time_of
from playbooks.model.base import JsonObject

_MOST_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class FileLog:
    """A `LogSource`. A file that is not there (yet) has no lines."""

    path: Path

    def mask(self) -> LineMask:
        return LineMask()

    def newest(self, lines: int, since: datetime | None) -> Iterator[LogLine]:
        try:
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
