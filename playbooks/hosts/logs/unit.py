"""What a unit of systemd wrote into the journal."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from playbooks.hosts.logs.journal import Entry
from playbooks.hosts.logs.lines import Fresh, LogLine
from playbooks.hosts.systemd_runner import SystemdRunner
from playbooks.lines.level import Level
from playbooks.lines.masks import LineMask
from playbooks.model.base import JsonObject

_CRITICAL, _ERROR, _WARNING = 2, 3, 4


@dataclass(frozen=True)
class JournalLog:
    """A `LogSource`."""

    runner: SystemdRunner

    def mask(self) -> LineMask:
        return LineMask()

    def newest(self, lines: int, since: datetime | None) -> Iterator[LogLine]:
        return (_line(entry) for entry in self.runner.entries(lines, since))

    def fresh(self, cursor: JsonObject, most: int) -> Fresh:
        """The cursor is journald's own of the last entry. One of a unit that has written nothing
        yet is empty text, and then all that comes is new."""
        if not cursor:
            last = [entry.cursor for entry in self.runner.entries(1)]
            return Fresh((), {"after": last[-1] if last else ""})
        after = str(cursor["after"])
        found = list(self.runner.entries(most, after=after))
        reached = found[-1].cursor if found else after
        return Fresh(tuple(map(_line, found)), {"after": reached})


def _line(entry: Entry) -> LogLine:
    return LogLine(entry.line, entry.at, level=_level(entry.priority))


def _level(priority: int | None) -> Level | None:
    """What a service writes to its output is all of one priority, which says nothing: only what is
    worse than usual does."""
    if priority is None or priority > _WARNING:
        return None
    if priority <= _CRITICAL:
        return Level.CRITICAL
    return Level.ERROR if priority == _ERROR else Level.WARNING
