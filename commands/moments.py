"""Points in time as people write them."""

from datetime import UTC, datetime, time, timedelta, tzinfo

from playbooks.gate.duration import parse_duration

EXPECTED = "how long ago (`15m`, `2h`, `1d`) or a time (`14:30`, `2026-11-22T14:30`), in UTC"

_FORMS = ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d")


def moment(text: str, now: datetime, zone: tzinfo = UTC) -> datetime:
    """The moment that `text` means, UTC. `14:30` is the newest 14:30 that has passed on the clocks
    of the zone.

    Raises ValueError when it is none.
    """
    text = text.strip().removesuffix("ago").strip()
    for reading in (_ago, _clock, _stamp):
        found = reading(text, now, zone)
        if found is not None:
            return found
    raise ValueError(f"{text!r} is no time")


def _ago(text: str, now: datetime, _zone: tzinfo) -> datetime | None:
    try:
        return now - parse_duration(text.replace(" ", "").replace("min", "m"))
    except ValueError:
        return None


def _clock(text: str, now: datetime, zone: tzinfo) -> datetime | None:
    try:
        clock = time.fromisoformat(text) if ":" in text and len(text) <= 8 else None
    except ValueError:
        return None
    if clock is None:
        return None
    day = now.astimezone(zone).date()
    today = datetime.combine(day, clock, zone).astimezone(UTC)
    if today <= now:
        return today
    return datetime.combine(day - timedelta(days=1), clock, zone).astimezone(UTC)


def _stamp(text: str, _now: datetime, zone: tzinfo) -> datetime | None:
    bare = text.removesuffix("Z").removesuffix(" UTC")
    zone = zone if bare == text else UTC
    for form in _FORMS:
        try:
            return datetime.strptime(bare, form).replace(tzinfo=zone).astimezone(UTC)
        except ValueError:
            continue
    try:
        aware = datetime.fromisoformat(text)
    except ValueError:
        return None
    return aware.astimezone(UTC) if aware.tzinfo else None
