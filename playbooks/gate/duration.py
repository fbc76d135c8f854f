"""Spans of time as people write them: `45s`, `30m`, `2h`, `1d`, `1h30m`."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer

_PART = re.compile(r"(\d+)([dhms])")
_WHOLE = re.compile(r"(?:\d+[dhms])+")
_UNITS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}


def parse_duration(value: object) -> timedelta:
    """The span that `value` writes. Raises ValueError, naming the value and what was expected."""
    if isinstance(value, timedelta):
        return value
    text = str(value).strip()
    if not _WHOLE.fullmatch(text):
        raise ValueError(f"{value!r} is no span of time; write it like 45s, 30m, 2h, 1h30m or 1d")
    span = timedelta(seconds=sum(int(n) * _UNITS[unit] for n, unit in _PART.findall(text)))
    if not span:
        raise ValueError(f"{value!r} is no time at all; write at least 1s")
    return span


def write_duration(span: timedelta) -> str:
    """The shortest writing that `parse_duration` reads back: `1h30m`. Whole seconds."""
    rest, parts = int(span.total_seconds()), []
    for unit, seconds in _UNITS.items():
        count, rest = divmod(rest, seconds)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def write_seconds(seconds: float) -> str:
    """As `write_duration`."""
    return write_duration(timedelta(seconds=seconds))


def parse_duration_or_none(value: object) -> timedelta:
    """As `parse_duration`, but `0`, or `0s`, is no time at all."""
    if str(value).strip() in {"0", "0s", "0m", "0h", "0d"}:
        return timedelta(0)
    return parse_duration(value)


Duration = Annotated[timedelta, BeforeValidator(parse_duration), PlainSerializer(write_duration)]
DurationOrNone = Annotated[
    timedelta, BeforeValidator(parse_duration_or_none), PlainSerializer(write_duration)
]
