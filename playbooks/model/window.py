"""Maintenance that lasts, and maintenance that is planned, as they are remembered."""

from datetime import datetime, timedelta
from typing import Literal

from pydantic import AwareDatetime

from playbooks.model.base import Model


class Wanted(Model):
    """Maintenance as a run asks for it: until a moment, or for so long from now."""

    message: str
    run: str
    person: str
    until: AwareDatetime | None = None
    lasting: timedelta


class UnderMaintenance(Model):
    """A stack is under maintenance: `since` when, `until` when as it was asked for, what its users
    read, which `run` switched it on and for which `person`. Past its end it still lasts until it is
    lifted."""

    stack: str
    since: AwareDatetime
    until: AwareDatetime
    message: str
    run: str
    person: str

    def late(self, now: datetime) -> bool:
        return now >= self.until


class Window(Model):
    """Maintenance that is planned: `run` planned it for `person`, and with it its beginning and its
    end were approved. `why` says what came in between."""

    id: str
    stack: str
    starts: AwareDatetime
    ends: AwareDatetime
    message: str
    person: str
    run: str
    state: Literal["planned", "begun", "cancelled", "missed"] = "planned"
    why: str = ""
