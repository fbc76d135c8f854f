"""Checklists: what people go through at certain times, and in an incident."""

import re
from typing import Self

from pydantic import Field, model_validator

from playbooks.gate.duration import Duration, write_duration
from playbooks.model.base import Model
from playbooks.model.checks import Item, PhaseItem
from playbooks.model.schedule import DAYS, ClockText, Timed, Zone

_WEEKLY = re.compile(rf"weekly( ({'|'.join(DAYS)}))?")
_EVERY = ("daily", "monthly", "quarterly")


class Routine(Model):
    """A checklist that comes again: `every` is daily, weekly, a day of the week (`weekly monday`),
    monthly or quarterly; `at` the time on the clocks of `zone`. Without a time it comes only when
    somebody asks for it. Weekly ones without a day come on Mondays, monthly and quarterly ones on
    the first.

    An item is text, which people tick, or has a `check`."""

    every: str
    at: ClockText = ""
    zone: Zone = "UTC"
    items: tuple[Item, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _can_be_told(self) -> Self:
        if self.every not in _EVERY and not _WEEKLY.fullmatch(self.every):
            raise ValueError(
                f"every is {self.every!r}; write daily, weekly, a day like 'weekly monday', "
                "monthly or quarterly"
            )
        if self.at:
            Timed(at=self.at)
        return self

    @property
    def rhythm(self) -> str:
        return f"{self.every} at {self.at} {self.zone}" if self.at else self.every


class Phase(Model):
    """A part of the work on an incident, with what is done in it. `until` counts from its
    beginning; a phase without it has no clock."""

    name: str
    until: Duration | None = None
    items: tuple[PhaseItem, ...] = Field(min_length=1)

    @property
    def shown(self) -> str:
        return f"{self.name}, until {write_duration(self.until)}" if self.until else self.name
