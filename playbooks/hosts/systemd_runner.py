"""Services as systemd runs them, on this host or on one that ssh leads to."""

import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from playbooks.errors import HostError, OutcomeUnknown
from playbooks.hosts.logs.journal import Entry, entries
from playbooks.hosts.logs.tail import Tail
from playbooks.hosts.runner import Seen
from playbooks.hosts.shell import Shell, output_of, shell_of
from playbooks.hosts.systemd import (
    UnitSeen,
    journal_argv,
    kill_argv,
    show_argv,
    systemctl_argv,
    unit_seen,
)
from playbooks.model.base import JsonObject
from playbooks.model.hosts import Host
from playbooks.model.systemd import SystemdUnit
from playbooks.model.usage import Usage
from playbooks.ports import Secrets

_ACT_SECONDS = 300.0
_SETTLE_SECONDS = 0.4
_TICK = 0.1
_ELAPSE_SECONDS = 0.5
_SEARCHED_LINES = 100_000
_COME_BACK_SECONDS = 30.0
_LAST_WORDS = 5
_OUT_OF_MEMORY = "oom-kill"


@dataclass(frozen=True)
class SystemdRunner:
    """A `Runner` of a unit."""

    unit: SystemdUnit
    shell: Shell
    place: str

    def seen(self) -> Seen:
        seen = self.look()
        ago = seen.since_seconds
        since = None if ago is None else datetime.now(UTC) - timedelta(seconds=ago)
        return Seen(up=seen.up, since=since, pid=seen.pid, unit=seen)

    def look(self) -> UnitSeen:
        """What systemd says of it. Raises HostError, also when it knows no such unit."""
        said = output_of(self.shell, show_argv(self.unit)).decode(errors="replace")
        seen = unit_seen(said)
        if seen.loaded in {"loaded", "masked"}:
            return seen
        raise HostError(
            f"systemd of {self.place} cannot use {self.unit.unit}: {seen.loaded or 'unknown'}.",
            "Name the unit as `systemctl list-unit-files` there does.",
        )

    def start(self, secrets: Secrets) -> JsonObject:  # noqa: ARG002  # units have their own files
        if not self.look().up:
            self._act("start")
        settled = time.monotonic() + _SETTLE_SECONDS
        while True:
            seen = self.look()
            if not seen.up:
                raise HostError(
                    f"{self.unit.unit} is {seen.state} on {self.place}: {seen.result}. "
                    f"{self._last_words()}"
                )
            if time.monotonic() > settled:
                return {"pid": seen.pid, "unit": self.unit.unit}
            time.sleep(_TICK)

    def create(self) -> JsonObject:
        return {}

    def stop(self, seconds: float | None) -> None:
        if self.look().down:
            return
        if seconds is None:
            self._act("stop")
        else:
            self._act("stop", "--no-block")
            self._await_down(seconds)
        seen = self.look()
        if not seen.down:
            raise HostError(
                f"{self.unit.unit} did not stop on {self.place}: it is {seen.state}.",
                "Look at it on the host.",
            )

    def reload(self) -> JsonObject:
        """Makes it take up its settings anew without a stop; what runs afterwards. Raises
        HostError with the end of its log when it cannot."""
        if not self.look().can_reload:
            raise HostError(
                f"{self.unit.unit} has no way to reload on {self.place}.",
                "Restart it, or give the unit an ExecReload.",
            )
        self._act("reload")
        seen = self.look()
        if not seen.up:
            raise HostError(f"{self.unit.unit} is {seen.state}. {self._last_words()}")
        return {"pid": seen.pid, "unit": self.unit.unit}

    def usage(self) -> tuple[Usage, ...]:
        before, began = self.look(), time.monotonic()
        if not before.up:
            return ()
        time.sleep(_ELAPSE_SECONDS)
        after, elapsed = self.look(), time.monotonic() - began
        spent = (after.processor or 0) - (before.processor or 0)
        used = Usage(
            name=self.unit.unit,
            processor=max(0.0, spent / elapsed / 1e9 * 100),
            memory=after.memory or 0,
            limit=after.limit,
            received=after.received,
            sent=after.sent,
            read=after.read,
            written=after.written,
            processes=after.tasks or 0,
            restarts=after.restarts,
            killed_for_memory=after.result == _OUT_OF_MEMORY,
        )
        return (used,)

    def logs(self, lines: int, since: datetime | None, grep: str) -> Tail:
        kept: deque[str] = deque(maxlen=lines + 1)
        searched = _SEARCHED_LINES if grep else lines + 1
        for entry in self.entries(searched, since):
            if grep.lower() in entry.text.lower():
                kept.append(entry.line)
        shown = tuple(kept)[-lines:] if lines else ()
        return Tail(shown, more=len(kept) > lines, timed=True)

    def entries(
        self, lines: int, since: datetime | None = None, after: str = ""
    ) -> Iterator[Entry]:
        """Its last entries in the journal, oldest first. Raises HostError."""
        moment = since.timestamp() if since else None
        said = output_of(self.shell, journal_argv(self.unit, lines, moment, after))
        return entries(said.decode(errors="replace").splitlines())

    def _act(self, *words: str) -> None:
        try:
            done = self.shell.run(systemctl_argv(self.unit, *words), seconds=_ACT_SECONDS)
        except OutcomeUnknown as error:
            self._await_settled(error)
            return
        if done.code != 0:
            raise HostError(
                f"systemctl {words[0]} {self.unit.unit} ended with {done.code} on {self.place}: "
                f"{done.said()} {self._last_words()}"
            )

    def _await_settled(self, cut: OutcomeUnknown) -> None:
        """What systemd was asked for goes on without whoever asked: it is looked at until it is no
        longer on its way. Raises `cut` when the host does not come back to say so."""
        deadline = time.monotonic() + _ACT_SECONDS
        away_until = time.monotonic() + _COME_BACK_SECONDS
        while time.monotonic() < deadline:
            try:
                if not self.look().on_its_way:
                    return
                away_until = time.monotonic() + _COME_BACK_SECONDS
            except (HostError, OutcomeUnknown):
                if time.monotonic() > away_until:
                    break
            time.sleep(_SETTLE_SECONDS)
        raise cut

    def _await_down(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not self.look().down:
            if time.monotonic() > deadline:
                self.shell.run(kill_argv(self.unit))
                self._act("stop")
                return
            time.sleep(_TICK)

    def _last_words(self) -> str:
        try:
            said = [entry.text for entry in self.entries(_LAST_WORDS)]
        except HostError as error:
            return f"Its log cannot be read: {error.message}"
        return f"Its log ends: {' | '.join(said)}" if said else "Its log is empty."


def systemd_runner(unit: SystemdUnit, host: Host) -> SystemdRunner:
    """How the unit is run on the host. Raises HostError where the host has no shell."""
    return SystemdRunner(unit, shell_of(host), host.title)
