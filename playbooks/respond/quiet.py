"""Hours at which only what is critical speaks up. Pure."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, Field, model_validator

from playbooks.model.base import Model
from playbooks.model.contacts import Day
from playbooks.model.schedule import DAYS, ClockText, Timed, Zone

_DAY = timedelta(days=1)
_EVERY_DAY: tuple[Day, ...] = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
)


class QuietHours(Model):
    """From `from` to `to` on the clocks of `zone`; where `to` is not later it is on the next day.
    `days` are those on which they begin. The same time for both is the whole day."""

    model_config = ConfigDict(populate_by_name=True)

    begins: ClockText = Field(alias="from")
    ends: ClockText = Field(alias="to")
    zone: Zone = "UTC"
    days: tuple[Day, ...] = Field(default=_EVERY_DAY, min_length=1)

    @model_validator(mode="after")
    def _are_times(self) -> Self:
        for name, said in (("from", self.begins), ("to", self.ends)):
            try:
                Timed(at=said)
            except ValueError as error:
                raise ValueError(
                    f'{name} is {said!r}; write hours and minutes in quotes, like "22:00"'
                ) from error
        return self

    def until(self, moment: datetime) -> datetime | None:
        """When they end that hold at `moment`, UTC; None where none do. Those that begin just then
        or overlap count as one."""
        end = self._end_of(moment)
        while end is not None and (later := self._end_of(end)) is not None and later > end:
            if later - moment > 7 * _DAY:
                return later
            end = later
        return end

    def _end_of(self, moment: datetime) -> datetime | None:
        there = moment.astimezone(ZoneInfo(self.zone)).date()
        found = [
            end
            for day in (there - _DAY, there, there + _DAY)
            for begin, end in [self._of(day)]
            if DAYS[day.weekday()] in self.days and begin <= moment < end
        ]
        return max(found, default=None)

    def _of(self, day: date) -> tuple[datetime, datetime]:
        begin, end = time.fromisoformat(self.begins), time.fromisoformat(self.ends)
        last = day if end > begin else day + _DAY
        return self._instant(day, begin), self._instant(last, end)

    def _instant(self, day: date, clock: time) -> datetime:
        """A time that clocks jump over counts when they have jumped; of two, the first."""
        local = datetime.combine(day, clock, ZoneInfo(self.zone))
        return local.astimezone(UTC)
