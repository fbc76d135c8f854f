"""Moments and spans of time as people read them. Moments are aware datetimes, shown in UTC."""

from datetime import UTC, datetime, timedelta

_UNITS = ((86_400, "d", 3_600, "h"), (3_600, "h", 60, "min"), (60, "min", 1, "s"))


def span(time: timedelta) -> str:
    """`41 s`, `3 h 12 min`, `2 d 4 h`: the two largest units, nothing finer."""
    seconds = max(0, int(time.total_seconds()))
    for size, unit, finer, finer_unit in _UNITS:
        if seconds >= size:
            rest = seconds % size // finer
            return f"{seconds // size} {unit}" + (f" {rest} {finer_unit}" if rest else "")
    return f"{seconds} s"


def moment(at: datetime, now: datetime) -> str:
    """`02:00 UTC today`, `23:59 UTC yesterday`, `2026-11-20 02:00 UTC`."""
    at, now = at.astimezone(UTC), now.astimezone(UTC)
    days = (now.date() - at.date()).days
    if days in {0, 1}:
        return f"{at:%H:%M} UTC {'yesterday' if days else 'today'}"
    return f"{at:%Y-%m-%d %H:%M} UTC"


def brief(seconds: float) -> str:
    """`0.4 ms`, `12 ms`, `3.2 s`, `3 h 12 min`: as exact as it is short."""
    if seconds < 0.01:
        return f"{seconds * 1000:.1f} ms"
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 10:
        return f"{seconds:.1f} s"
    return span(timedelta(seconds=seconds))
