"""Schedules; implemented in bot/."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Protocol

from playbooks.model.base import Model
from playbooks.model.people import Actor
from playbooks.model.schedule import Schedule
from playbooks.model.stack import Stack


class Fired(Model):
    """One time that a schedule fired. It made `request`, or `why` says what came in between."""

    at: datetime
    state: Literal["begun", "asked", "skipped", "failed", "said"]
    request: str | None = None
    why: str = ""


class Scheduled(Model):
    """A schedule and how it stands. `paused` says by whom and why; `last` is the newest fire."""

    name: str
    schedule: Schedule
    next_at: datetime
    paused: str = ""
    last: Fired | None = None


class Timetable(Protocol):
    """The schedules of stacks. Whether somebody may change them is asked of `Access` before."""

    def of(self, stack: Stack) -> Sequence[Scheduled]: ...

    def pause(self, stack: Stack, name: str, actor: Actor, reason: str) -> bool:
        """Its fires are skipped from now on; audited and said. False when it was paused already.
        Raises UnknownName."""
        ...

    def resume(self, stack: Stack, name: str, actor: Actor) -> bool:
        """Its next fire comes as planned; audited and said. False when it was not paused.
        Raises UnknownName."""
        ...
