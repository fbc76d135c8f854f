"""Lines of logs as they are read, wherever from."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from playbooks.lines.level import Level
from playbooks.lines.masks import LineMask
from playbooks.model.base import JsonObject

LONGEST_LINE = 4000
LONGEST_KEPT = 1024 * 1024


@dataclass(frozen=True)
class LogLine:
    """`at` is when it was written, as far as that is known. `part` is the container it comes from,
    where a service has several. `level` is what is known of it beside its own words."""

    text: str
    at: datetime | None = None
    part: str = ""
    level: Level | None = None

    @property
    def shown(self) -> str:
        return f"{self.part}: {self.text}" if self.part else self.text


@dataclass(frozen=True)
class Fresh:
    """What was written since the last look. `cursor` is where the next look goes on, JSON."""

    lines: tuple[LogLine, ...]
    cursor: JsonObject


class LogSource(Protocol):
    """One log. Its lines are as they were written: show none that did not go through `mask`. What
    fails comes as HostError."""

    def mask(self) -> LineMask:
        """Hides the secrets that are known to be in this log, and what looks like one."""
        ...

    def newest(self, lines: int, since: datetime | None) -> Iterator[LogLine]:
        """The newest `lines` lines that are not older than `since`, oldest first."""
        ...

    def fresh(self, cursor: JsonObject, most: int) -> Fresh:
        """What came after `cursor`, its newest `most` lines at most; with an empty cursor nothing,
        and where to go on."""
        ...


def lines_in(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Lines without their ends, of chunks of any size. A line of megabytes comes in pieces."""
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        yield from whole
        if len(rest) > LONGEST_KEPT:
            yield rest
            rest = b""
    if rest:
        yield rest


def text_of(line: bytes) -> str:
    """A line that is too long is cut, with a mark that says so."""
    text = line[:LONGEST_LINE].decode(errors="replace").rstrip("\r")
    left_out = len(line) - LONGEST_LINE
    return f"{text} … ({left_out} more bytes)" if left_out > 0 else text
