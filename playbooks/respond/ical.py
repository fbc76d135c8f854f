"""Who is on call by an iCal file."""

import re
from collections.abc import Collection, Iterator
from datetime import date, datetime, time, timedelta
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo

from playbooks.errors import InputError
from playbooks.respond.rota import Layer, Shift

_WORD = re.compile(r"[\w.-]+")
_LAYER_WORDS = frozenset({"secondary", "backup", "second"})
_AROUND = timedelta(days=1)


class BadCalendar(InputError):
    """An iCal file that cannot be read."""


def calendar_shifts(
    text: str, people: Collection[str], zone: str, begins: datetime, ends: datetime
) -> tuple[Shift, ...]:
    """What its events say of the time, recurring ones and their exceptions included, in order of
    time. An event counts when its summary, or who attends it, names one of `people`; where two of
    a layer meet, the one that begins later counts. Times without a zone are on the clocks of
    `zone`. Raises BadCalendar.
    """
    found: list[Shift] = []
    for shift in sorted(
        _read(text, people, zone, begins, ends), key=lambda s: (s.begins, s.person)
    ):
        found = [*_cut(found, shift), shift]
    return tuple(found)


def _cut(known: list[Shift], new: Shift) -> Iterator[Shift]:
    for shift in known:
        if shift.layer != new.layer or shift.ends <= new.begins:
            yield shift
            continue
        if shift.begins < new.begins:
            yield shift.model_copy(update={"ends": new.begins})
        if shift.ends > new.ends:
            yield shift.model_copy(update={"begins": new.ends})


def _read(
    text: str, people: Collection[str], zone: str, begins: datetime, ends: datetime
) -> Iterator[Shift]:
    # Loaded when the first calendar is read: a bot without one does not carry it.
    icalendar, recurring = import_module("icalendar"), import_module("recurring_ical_events")
    try:
        calendar = icalendar.Calendar.from_ical(text)
        events = recurring.of(calendar, skip_bad_series=True).between(
            begins - _AROUND, ends + _AROUND
        )
    except (ValueError, TypeError, KeyError, IndexError) as error:
        raise BadCalendar(
            f"The calendar cannot be read: {error}.", "Export it again as iCal (.ics)."
        ) from error
    for event in events:
        said = f"{event.get('SUMMARY', '')} {_attending(event)}"
        person = _named(said, people)
        start, end = _moment(event.start, zone), _moment(event.end, zone)
        if person and end > begins and start < ends:
            yield Shift(layer=_layer(said), person=person, begins=start, ends=end)


def _attending(event: Any) -> str:
    found = event.get("ATTENDEE", [])
    listed = found if isinstance(found, list) else [found]
    return " ".join(f"{each.params.get('CN', '')} {each}" for each in listed)


def _named(said: str, people: Collection[str]) -> str:
    """The first of them that is named, as a word of its own."""
    words = [part for word in _WORD.findall(said.lower()) for part in (word, *word.split("."))]
    return next((name for word in words for name in people if name.lower() == word), "")


def _layer(said: str) -> Layer:
    words = {word.lower() for word in _WORD.findall(said)}
    return "secondary" if words & _LAYER_WORDS else "primary"


def _moment(value: date | datetime, zone: str) -> datetime:
    if not isinstance(value, datetime):
        value = datetime.combine(value, time())
    return value if value.tzinfo is not None else value.replace(tzinfo=ZoneInfo(zone))
