"""When something happens by itself, as a stack file says it."""

import re
from datetime import time, timedelta
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, model_validator

from playbooks.gate.duration import Duration, write_duration
from playbooks.model.base import Model

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_PAST_THE_HOUR = re.compile(r":([0-5]\d)")
_BY_MONTHS = re.compile(r"(monthly|quarterly) (last|[1-9]|1\d|2[0-8])")
_LONGEST = {"hourly": timedelta(hours=1), "daily": timedelta(days=1)}
_MINUTES_OF_A_DAY = 24 * 60
_MOST_JITTER = timedelta(hours=6)
_SHORTEST_LOOK = timedelta(minutes=1)
_USUAL_LOOK = timedelta(minutes=15)


def _quoted(value: object) -> object:
    """YAML reads 12:30 without quotes as a number of minutes."""
    if isinstance(value, int) and not isinstance(value, bool):
        shown = f"{value // 60:02}:{value % 60:02}" if value < _MINUTES_OF_A_DAY else "02:00"
        raise ValueError(f'a time without quotes is a number in YAML; write "{shown}" in quotes')
    return value


def _known_zone(value: object) -> object:
    try:
        ZoneInfo(str(value))
    except (KeyError, OSError, ValueError) as error:
        raise ValueError(
            f"{value!r} is no time zone; write one like Europe/Paris or UTC"
        ) from error
    return value


ClockText = Annotated[str, BeforeValidator(_quoted)]
Zone = Annotated[str, BeforeValidator(_known_zone)]


class Timed(Model):
    """Something that happens every day at `at`, like "08:30", in the time zone `zone`."""

    at: ClockText
    zone: Zone = "UTC"

    @model_validator(mode="after")
    def _is_a_time(self) -> Self:
        if not _CLOCK.fullmatch(self.at):
            raise ValueError(f'at is {self.at!r}; write hours and minutes in quotes, like "08:30"')
        return self


class Schedule(Model):
    """A backup that is made by itself.

    It holds `set` (a name of `sets`) or `datastores`; without either, all datastores. `on` is
    `daily`, days by their names (`weekly sunday`, `weekly monday, thursday`), a day of the month
    (`monthly 1` to `monthly 28`, `monthly last`), the same of January, April, July and October
    (`quarterly 1`) or `hourly`. `at` is the time on the clocks of `zone`, in quotes, like "02:00";
    for `hourly` it is the minute, like ":15", of every hour of UTC. A time that clocks jump over
    counts when they have jumped; one that comes twice, once. `on: change` is for files: they are
    looked at `every` so often, and backed up when they differ from their newest backup.
    `jitter` delays each by up to that long, always the same for the same one. `catch_up` says what
    is made up for after Interlock was down: the newest that was missed (`once`), `none`, or `all`
    (the newest five).
    """

    set: str | None = None
    datastores: tuple[str, ...] = ()
    at: ClockText = ""
    on: str = "daily"
    zone: Zone = "UTC"
    jitter: Duration = timedelta(0)
    every: Duration | None = None
    catch_up: Literal["once", "none", "all"] = "once"

    @model_validator(mode="before")
    @classmethod
    def _on_is_a_word(cls, data: Any) -> Any:
        """YAML reads the key `on` as true."""
        if isinstance(data, dict) and True in data:
            return {("on" if key is True else key): value for key, value in data.items()}
        return data

    @model_validator(mode="after")
    def _can_be_told(self) -> Self:
        if self.jitter > _MOST_JITTER:
            raise ValueError(
                f"jitter is {write_duration(self.jitter)}; "
                f"write {write_duration(_MOST_JITTER)} at most"
            )
        if self.set is not None and self.datastores:
            raise ValueError("set and datastores are both there; keep one")
        self._require_every()
        if self.on_change:
            return self
        if self.on not in {"daily", "hourly"} and not (self.day_of_month or self.days):
            raise ValueError(
                f"on is {self.on!r}; write daily, hourly, change, days like 'weekly sunday', or a "
                "day of the month: monthly 1 to monthly 28, or monthly last; quarterly takes the "
                "same days"
            )
        if self.on == "hourly" and self.at and not _PAST_THE_HOUR.fullmatch(self.at):
            raise ValueError(f'at is {self.at!r}; hourly takes only minutes, like ":15"')
        if self.on != "hourly" and not _CLOCK.fullmatch(self.at):
            raise ValueError(f'at is {self.at!r}; write hours and minutes in quotes, like "02:00"')
        return self

    def _require_every(self) -> None:
        if not self.on_change:
            if self.every is not None:
                raise ValueError("every goes with `on: change`; leave it out")
            return
        if self.at or self.jitter:
            raise ValueError("on is change; leave at and jitter out, and write every, like 15m")
        if not _SHORTEST_LOOK <= self.looks_every <= _LONGEST["daily"]:
            raise ValueError(
                f"every is {write_duration(self.looks_every)}; write 1m at least and 1d at most"
            )

    @property
    def on_change(self) -> bool:
        """Whether it fires when something has changed, and by no clock."""
        return self.on == "change"

    @property
    def looks_every(self) -> timedelta:
        """How often one `on: change` looks."""
        return self.every or _USUAL_LOOK

    @property
    def days(self) -> tuple[str, ...]:
        """Names of the days of a weekly one, else nothing."""
        word, _, rest = self.on.partition(" ")
        names = tuple(name.strip() for name in rest.split(","))
        return names if word == "weekly" and all(name in DAYS for name in names) else ()

    @property
    def day_of_month(self) -> str | None:
        """`1` to `28` or `last` of a monthly or quarterly one."""
        found = _BY_MONTHS.fullmatch(self.on)
        return found[2] if found else None

    @property
    def quarterly(self) -> bool:
        """Whether it is for the first month of each quarter only."""
        return self.on.startswith("quarterly")

    @property
    def longest_gap(self) -> timedelta:
        """The longest time that may lie between two of its fires, changes of clocks aside; of one
        `on: change` the longest time that a change may go unseen."""
        if self.on_change:
            return self.looks_every
        if self.day_of_month:
            return timedelta(days=92 if self.quarterly else 31)
        if self.days:
            places = sorted(DAYS.index(day) for day in self.days)
            following = [*places[1:], places[0] + len(DAYS)]
            gaps = (after - day for day, after in zip(places, following, strict=True))
            return timedelta(days=max(gaps))
        return _LONGEST[self.on]

    @property
    def clock(self) -> time:
        """When on its day; of an hourly one only the minute counts."""
        if self.on == "hourly":
            return time(0, int(self.at[1:] or 0))
        return time.fromisoformat(self.at)

    @property
    def rhythm(self) -> str:
        """`daily at 02:00 Europe/Paris`, for people."""
        if self.on_change:
            return f"on change, looked for every {write_duration(self.looks_every)}"
        if self.on == "hourly":
            return f"hourly at {self.at or ':00'}"
        if self.days:
            days = ", ".join(day.capitalize() for day in self.days)
            return f"weekly on {days} at {self.at} {self.zone}"
        return f"{self.on} at {self.at} {self.zone}"
