"""Points in time to come, as people write them, on the clocks of a zone."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from playbooks.errors import BadArgument
from playbooks.gate.duration import parse_duration
from playbooks.rhythm import moment_at

_DAY = timedelta(days=1)
_FORMS = ("%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%d")
_EXPECTED = "Write `18:00`, `2026-11-23T08:00` or a span like `4h`."


def ahead(text: str, now: datetime, zone: str) -> datetime:
    """The moment, UTC: `18:00` is the next 18:00 of that zone, `4h` four hours from now. A time
    that clocks jump over is when they have jumped.

    Raises BadArgument.
    """
    for reading in (_span, _clock, _stamp):
        found = reading(text.strip(), now, ZoneInfo(zone))
        if found is not None:
            return found
    raise BadArgument(f"`{text}` is no time.", _EXPECTED)


def hours(text: str) -> timedelta:
    """A number of hours, or a span like `90m`. Raises BadArgument."""
    try:
        return parse_duration(f"{text}h" if text.isdigit() else text)
    except (ValueError, OverflowError) as error:
        raise BadArgument(f"`{text}` is no number of hours.", _EXPECTED) from error


def _span(text: str, now: datetime, _: ZoneInfo) -> datetime | None:
    try:
        return now + parse_duration(text)
    except (ValueError, OverflowError):
        return None


def _clock(text: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    try:
        clock = time.fromisoformat(text) if ":" in text and len(text) <= 5 else None
    except ValueError:
        return None
    if clock is None:
        return None
    today = now.astimezone(zone).date()
    found = moment_at(datetime.combine(today, clock), zone)
    return found if found > now else moment_at(datetime.combine(today + _DAY, clock), zone)


def _stamp(text: str, _: datetime, zone: ZoneInfo) -> datetime | None:
    for form in _FORMS:
        try:
            return moment_at(datetime.strptime(text, form), zone)
        except ValueError:
            continue
    return None
