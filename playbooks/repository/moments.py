"""When people mean: `today 02:00`, `yesterday`, `2026-11-21`, `2026-11-21 02:00`, ISO 8601."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

_DAYS = {"today": 0, "yesterday": 1}
_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}$")
_MINUTE = re.compile(r"^\d{1,2}:\d{2}$")


@dataclass(frozen=True)
class Moment:
    """`before` is exclusive. A day has a `since`; a time of day means "as of then": it has none,
    but the very `instant` that was said."""

    before: datetime
    since: datetime | None = None
    instant: datetime | None = None


def moment(text: str, now: datetime, zone: tzinfo | None = None) -> Moment | None:
    """What `text` means, or None when it is no time. `zone` None is this machine's zone.

    A time covers its whole minute: `02:00` includes what began at 02:00:40.
    """
    words = text.strip().lower().split()
    if len(words) == 2 and words[0] in _DAYS:
        return _at(_local_date(now, zone) - timedelta(days=_DAYS[words[0]]), words[1], zone)
    if len(words) == 1 and words[0] in _DAYS:
        return _day(_local_date(now, zone) - timedelta(days=_DAYS[words[0]]), zone)
    if len(words) == 1 and _MINUTE.match(words[0]):
        return _at(_local_date(now, zone), words[0], zone)
    return _iso(text.strip(), zone)


def _iso(text: str, zone: tzinfo | None) -> Moment | None:
    try:
        if _DATE.match(text):
            return _day(date.fromisoformat(text), zone)
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    if "-" not in text or ":" not in text:
        return None
    return _as_of(_located(instant, zone), text)


def _at(day: date, text: str, zone: tzinfo | None) -> Moment | None:
    try:
        clock = time.fromisoformat(text.zfill(5))
    except ValueError:
        return None
    return _as_of(_located(datetime.combine(day, clock), zone), text)


def _as_of(instant: datetime, text: str) -> Moment:
    return Moment(before=instant + _precision(text), instant=instant)


def _day(day: date, zone: tzinfo | None) -> Moment:
    following = datetime.combine(day + timedelta(days=1), time())
    since = _located(datetime.combine(day, time()), zone)
    return Moment(before=_located(following, zone), since=since)


def _precision(text: str) -> timedelta:
    clock = re.split(r"[T ]", text)[-1]
    return timedelta(seconds=1) if re.match(r"\d{1,2}:\d{2}:", clock) else timedelta(minutes=1)


def _local_date(now: datetime, zone: tzinfo | None) -> date:
    return now.astimezone(zone).date()


def _located(moment: datetime, zone: tzinfo | None) -> datetime:
    if moment.tzinfo is not None:
        return moment
    return moment.astimezone() if zone is None else moment.replace(tzinfo=zone)
