"""Rotas as `interlock.yaml` writes them, and what people change of them by command."""

from datetime import date, datetime
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from playbooks.model.base import Model
from playbooks.model.contacts import Day, OfficeHours
from playbooks.model.schedule import ClockText, Timed, Zone
from playbooks.model.secret import SecretRef
from playbooks.model.telemetry import Url

Layer = Literal["primary", "secondary"]
LAYERS: tuple[Layer, ...] = ("primary", "secondary")


class Rota(Model):
    """Who is on call for some stacks.

    People take turns, `daily` or `weekly`: at `at` on the clocks of `zone` (of a weekly one on
    `day`) the next of `primary` takes over, and the next of `secondary`. The first of each has the
    turn that begins on the day `starts`, or is going on then. With `hours` somebody is on call only
    in these. Or an iCal file says it all, by its path (`calendar`) or its address (`calendar_url`,
    which may be a reference to a secret): its events name somebody of `people`, and are `primary`
    unless they say `secondary`. `stacks` are names or patterns with `*`; the first rota that fits a
    stack is its rota.
    """

    stacks: tuple[str, ...] = Field(default=("*",), min_length=1)
    rotation: Literal["daily", "weekly"] = "weekly"
    day: Day = "monday"
    at: ClockText = "09:00"
    zone: Zone = "UTC"
    starts: date | None = None
    primary: tuple[str, ...] = ()
    secondary: tuple[str, ...] = ()
    hours: OfficeHours | None = None
    calendar: Path | None = None
    calendar_url: Url | SecretRef | None = None

    @model_validator(mode="after")
    def _has_people(self) -> Self:
        Timed(at=self.at)
        ways = (bool(self.primary), self.calendar is not None, self.calendar_url is not None)
        if sum(ways) != 1:
            raise ValueError("name either people in primary, or a calendar, or a calendar_url")
        if self.by_calendar and self.secondary:
            raise ValueError("the calendar says who is secondary; leave secondary out")
        if not self.by_calendar and self.starts is None:
            raise ValueError(
                "starts is missing; write the day in whose turn the first of primary is on call, "
                "like 2026-11-02"
            )
        return self

    @property
    def by_calendar(self) -> bool:
        """Whether an iCal file says who is on call."""
        return self.calendar is not None or self.calendar_url is not None

    @property
    def people(self) -> frozenset[str]:
        """The names that it takes for people of the policy."""
        return frozenset(self.primary) | frozenset(self.secondary)

    @property
    def rhythm(self) -> str:
        """`weekly on monday at 09:00 Europe/Paris`, for people."""
        if self.by_calendar:
            return "by its calendar"
        on = f" on {self.day}" if self.rotation == "weekly" else ""
        return f"{self.rotation}{on} at {self.at} {self.zone}"


class Shift(Model):
    """One person is on call in a layer of a rota; `why` says what put them there when it was not
    the rota itself."""

    layer: Layer
    person: str
    begins: datetime
    ends: datetime
    why: str = ""


class Override(Model):
    """Somebody is on call in place of whom the rota names. `pair` is the same for both halves of a
    swap, and its own for what was taken."""

    id: str
    pair: str
    rota: str
    layer: Layer
    person: str
    begins: datetime
    ends: datetime
    why: str
    by: str
    at: datetime
