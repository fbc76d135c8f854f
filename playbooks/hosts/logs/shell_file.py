"""Log files of hosts that a shell leads to."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath

from playbooks.errors import HostError
from playbooks.hosts.logs.lines import Fresh, LogLine, lines_in, text_of
from playbooks.hosts.shell import Shell, output_of
from playbooks.lines.masks import LineMask
from playbooks.lines.when import time_of
from playbooks.model.base import JsonObject

_MOST_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class ShellFileLog:
    """A `LogSource`: the last 4 MB of a file."""

    shell: Shell
    path: PurePath

    def mask(self) -> LineMask:
        return LineMask()

    def newest(self, lines: int, since: datetime | None) -> Iterator[LogLine]:
        kept: deque[LogLine] = deque(maxlen=lines)
        for line in _lines(self._end(_MOST_BYTES)):
            if since is None or line.at is None or line.at >= since:
                kept.append(line)
        yield from kept

    def fresh(self, cursor: JsonObject, most: int) -> Fresh:
        """The cursor holds the file's inode and how far it was read."""
        inode, size = self._seen()
        if not cursor:
            return Fresh((), {"inode": inode, "offset": size})
        same = cursor["inode"] == inode and int(cursor["offset"]) <= size
        begin = int(cursor["offset"]) if same else 0
        if begin == size:
            return Fresh((), {"inode": inode, "offset": size})
        # More may have come since the size was read: what is over is read the next time.
        data = self._from(max(begin, size - _MOST_BYTES), min(size - begin, _MOST_BYTES))
        whole, newline, rest = data.rpartition(b"\n")
        found = tuple(_lines(b"\n".join(whole.split(b"\n")[-most:]))) if newline else ()
        return Fresh(found, {"inode": inode, "offset": size - len(rest)})

    def _end(self, count: int) -> bytes:
        return output_of(self.shell, ("tail", "-c", str(count), "--", str(self.path)))

    def _from(self, begin: int, count: int) -> bytes:
        argv = ("tail", "-c", f"+{begin + 1}", "--", str(self.path))
        return output_of(self.shell, argv)[:count]

    def _seen(self) -> tuple[int, int]:
        said = output_of(self.shell, ("stat", "--format=%i %s", "--", str(self.path)))
        try:
            inode, size = said.split()
            return int(inode), int(size)
        except ValueError as error:
            raise HostError(f"stat says nothing of {self.path}.") from error


def files_at(shell: Shell, path: PurePath) -> list[tuple[str, int | None]]:
    """The plain files of a folder, the newest first; of a file, itself. Names and sizes."""
    done = shell.run(("ls", "-lnt", "--", str(path)))
    if done.code != 0:
        return [(str(path), None)]
    return listed(done.output.decode(errors="replace"))


def listed(said: str) -> list[tuple[str, int | None]]:
    """The plain files in what `ls -ln` says."""
    rows = (line.split(None, 8) for line in said.splitlines())
    return [
        (row[8], int(row[4]))
        for row in rows
        if len(row) == 9 and row[0].startswith("-") and row[4].isdigit()
    ]


def _lines(data: bytes) -> Iterator[LogLine]:
    for raw in lines_in([data.removesuffix(b"\n")]) if data else ():
        text = text_of(raw)
        yield LogLine(text, time_of(text))
