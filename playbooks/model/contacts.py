"""Whom to turn to about a stack, and when they answer."""

from datetime import datetime, time
from typing import Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from playbooks.model.base import Model
from playbooks.model.schedule import DAYS, ClockText, Timed, Zone

Day = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

_WORKDAYS: tuple[Day, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday")


class OfficeHours(Model):
    """What "business hours" are: on `days`, from `opens` to `closes` on the clocks of `zone`."""

    days: tuple[Day, ...] = Field(default=_WORKDAYS, min_length=1)
    opens: ClockText = "09:00"
    closes: ClockText = "17:00"
    zone: Zone = "UTC"

    @model_validator(mode="after")
    def _last_a_while(self) -> Self:
        Timed(at=self.opens)
        Timed(at=self.closes)
        if self.closes <= self.opens:
            raise ValueError(f"closes is {self.closes!r}; write a time after {self.opens}")
        return self

    def hold(self, moment: datetime) -> bool:
        """Whether they are at that moment."""
        there = moment.astimezone(ZoneInfo(self.zone))
        opens, closes = time.fromisoformat(self.opens), time.fromisoformat(self.closes)
        return DAYS[there.weekday()] in self.days and opens <= there.time() < closes

    @property
    def shown(self) -> str:
        """`monday to friday 09:00–17:00 UTC`, for people."""
        first, last = self.days[0], self.days[-1]
        run = DAYS[DAYS.index(first) : DAYS.index(last) + 1]
        days = f"{first} to {last}" if self.days == run and len(run) > 2 else ", ".join(self.days)
        return f"{days} {self.opens}–{self.closes} {self.zone}"


class Contact(Model):
    """One line of the list of contacts.

    `email`, `phone` and `slack` (a user or user group, like `@dba`) say how to reach them; where
    all are blank nobody is named yet, and `stack check` says so. `hours` are `always`, `office`
    (those of the stack's `office_hours`) or `unknown`.
    """

    role: str
    email: str = ""
    phone: str = ""
    slack: str = ""
    hours: Literal["always", "office", "unknown"] = "unknown"

    @property
    def ways(self) -> tuple[str, ...]:
        return tuple(way for way in (self.phone, self.email, self.slack) if way)
