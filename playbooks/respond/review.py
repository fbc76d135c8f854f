"""What people find out about an incident afterwards, and what they still want to do about it."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from playbooks.model.base import Model
from playbooks.model.contacts import OfficeHours
from playbooks.model.schedule import DAYS


class Review(Model):
    """What a post-mortem says that no clock knows. `began_at` is when it really began, where that
    was before anybody saw it. Empty: not written yet."""

    incident: str
    began_at: datetime | None = None
    impact: str = ""
    cause: str = ""
    lessons: str = ""
    asked_at: datetime | None = None
    edited_by: str = ""
    edited_at: datetime | None = None


class FollowUp(Model):
    """Something to do so that it does not happen again. `id` is what people type: `inc-7-2`.

    `due` is a day on the clocks of the stack. `chased_on` is the last day its owner was reminded.
    """

    id: str
    incident: str
    stack: str = ""
    text: str
    owner: str
    owner_slack: str = ""
    due: date
    made_by: str
    made_at: datetime
    done_by: str = ""
    done_at: datetime | None = None
    chased_on: date | None = None

    def late(self, today: date) -> bool:
        return self.done_at is None and self.due < today


_COUNTED = re.compile(r"(?:in )?(\d{1,4}) ?(d|days?|w|weeks?)")
_LONGEST = timedelta(days=3650)
DUE_EXPECTED = "a day: `tomorrow`, `friday`, `3d`, `2w`, `2026-12-01`"


def due_day(text: str, today: date) -> date:
    """The day that `text` means. A day of the week is the next one, never today.

    Raises ValueError when it is none, or has passed.
    """
    found = _day(text.strip().lower(), today)
    if found is None:
        raise ValueError(f"{text!r} is no day")
    if not today <= found <= today + _LONGEST:
        raise ValueError(f"{found} has passed" if found < today else f"{found} is too far away")
    return found


def chased(followups: Sequence[FollowUp], hours: OfficeHours, now: datetime) -> Sequence[FollowUp]:
    """Those whose owners are to be reminded now, marked so: due or late, not done, in office
    hours, and not reminded on this day yet."""
    if not hours.hold(now):
        return []
    today = day_of(now, hours.zone)
    return [
        each.model_copy(update={"chased_on": today})
        for each in followups
        if each.done_at is None and each.due <= today and each.chased_on != today
    ]


def day_of(moment: datetime, zone: str) -> date:
    """The day that clocks of the zone show."""
    return moment.astimezone(ZoneInfo(zone)).date()


def noon(day: date) -> datetime:
    """A moment that is on that day for most people: for places that show moments."""
    return datetime.combine(day, time(12), UTC)


def _day(text: str, today: date) -> date | None:
    if text in {"today", "tomorrow"}:
        return today + timedelta(days=text == "tomorrow")
    matching = [name for name in DAYS if len(text) >= 3 and name.startswith(text)]
    if len(matching) == 1:
        ahead = (DAYS.index(matching[0]) - today.weekday() - 1) % 7 + 1
        return today + timedelta(days=ahead)
    if counted := _COUNTED.fullmatch(text):
        return today + timedelta(days=int(counted[1]) * (7 if counted[2][0] == "w" else 1))
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
