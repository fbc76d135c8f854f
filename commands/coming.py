"""Moments that are still to come, as people write them."""

import re
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from commands.moments import moment
from playbooks.gate.duration import parse_duration
from playbooks.model.schedule import DAYS

EXPECTED = (
    "a time to come: `22:00`, `tomorrow 22:00`, `friday 03:00`, `in 3h`, `2026-11-23 22:00`; "
    "in UTC unless a zone like Europe/Paris follows"
)
_DAY = timedelta(days=1)
_WEEK = 7
_CLOCK = re.compile(r"(?:(?P<day>[a-z]+) )?(?:at )?(?P<clock>\d{1,2}:\d{2})")


def coming(text: str, now: datetime) -> datetime:
    """The moment that `text` means, UTC; `22:00` is the next one. Raises ValueError when it is
    none, or has passed."""
    words, zone = _with_zone(" ".join(text.split()))
    found = _after(words, now) or _by_the_clock(words.lower(), now, zone) or _stamp(words, zone)
    if found <= now:
        raise ValueError(f"{text!r} has passed")
    return found


def _with_zone(text: str) -> tuple[str, ZoneInfo]:
    """The text without the zone it ends with; UTC where it ends with none."""
    rest, _, last = text.rpartition(" ")
    if rest and ("/" in last or last == "UTC"):
        try:
            return rest, ZoneInfo(last)
        except (KeyError, OSError, ValueError) as error:
            raise ValueError(f"{last!r} is no time zone") from error
    return text, ZoneInfo("UTC")


def _after(text: str, now: datetime) -> datetime | None:
    if not text.lower().startswith("in "):
        return None
    return now + parse_duration(text[3:].replace(" ", "").replace("min", "m"))


def _by_the_clock(text: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    match = _CLOCK.fullmatch(text)
    if match is None:
        return None
    today = now.astimezone(zone).date()
    clock = time.fromisoformat(match["clock"].zfill(5))
    days = _days_ahead(match["day"], today.weekday())
    found = datetime.combine(today + _DAY * days, clock, zone).astimezone(UTC)
    if found > now or match["day"] in {"today", "tomorrow"}:
        return found
    later = days + (_WEEK if match["day"] else 1)
    return datetime.combine(today + _DAY * later, clock, zone).astimezone(UTC)


def _days_ahead(day: str | None, today: int) -> int:
    if day in {None, "today", "tonight"}:
        return 0
    if day == "tomorrow":
        return 1
    known = [name for name in DAYS if name.startswith(day or "") and len(day or "") > 2]
    if len(known) != 1:
        raise ValueError(f"{day!r} is no day")
    return (DAYS.index(known[0]) - today) % _WEEK


def _stamp(text: str, zone: ZoneInfo) -> datetime:
    """A date and a time; a bare one is meant in the zone."""
    found = moment(text, datetime.max.replace(tzinfo=UTC) - _DAY)
    aware = text.endswith("Z") or datetime.fromisoformat(text).tzinfo is not None
    return found if aware else found.replace(tzinfo=zone).astimezone(UTC)
