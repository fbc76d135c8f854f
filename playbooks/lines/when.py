"""The time a line of a log opens with."""

import re
from datetime import UTC, datetime
from typing import Any

from playbooks.lines.level import json_fields

_ISO = re.compile(
    r"^\W{0,2}(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?\s?(Z|UTC|[+-]\d\d:?\d\d)?"
)
_CLF = re.compile(r"\[(\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\]")
_NGINX = re.compile(r"^(\d{4}/\d\d/\d\d \d\d:\d\d:\d\d) ")
_LOGFMT = re.compile(r'(?:^|\s)(?:ts|time|timestamp)="?(\d{4}-\d\d-\d\d[T ][^\s"]+)')
_KEYS = ("timestamp", "time", "ts", "@timestamp", "@t", "asctime", "datetime")
_HEAD = 200


def time_of(line: str) -> datetime | None:
    """UTC where the line names no zone; None for a line that says no time."""
    if line.startswith("{"):
        return _of_json(line)
    head = line[:_HEAD]
    found = _ISO.match(head)
    if found:
        return _iso(found)
    said = _LOGFMT.search(head)
    if said:
        return _parsed(said[1])
    for pattern, form in ((_CLF, "%d/%b/%Y:%H:%M:%S %z"), (_NGINX, "%Y/%m/%d %H:%M:%S")):
        found = pattern.search(head)
        if found:
            return _formed(found[1], form)
    return None


def _iso(found: re.Match[str]) -> datetime | None:
    date, clock, fraction, zone = found.groups()
    zone = "+00:00" if zone in {None, "Z", "UTC"} else zone
    return _parsed(f"{date}T{clock}.{(fraction or '0')[:6]:0<6}{zone}")


def _of_json(line: str) -> datetime | None:
    fields = json_fields(line) or {}
    given: Any = next((fields[key] for key in _KEYS if fields.get(key)), None)
    if isinstance(given, bool) or given is None:
        return None
    if isinstance(given, int | float):
        return _counted(float(given))
    found = _ISO.match(str(given))
    return _iso(found) if found else None


def _counted(seconds: float) -> datetime | None:
    """Seconds, milliseconds, microseconds or nanoseconds since 1970."""
    while seconds > 1e11:
        seconds /= 1000
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def _parsed(text: str) -> datetime | None:
    try:
        when = datetime.fromisoformat(text.replace(",", "."))
    except ValueError:
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def _formed(text: str, form: str) -> datetime | None:
    try:
        when = datetime.strptime(text, form)
    except ValueError:
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)
