"""Who is on call when: turns of a rota, what people changed of them, and gaps. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from fnmatch import fnmatchcase
from zoneinfo import ZoneInfo

from playbooks.errors import BadArgument, Refused
from playbooks.model.contacts import OfficeHours
from playbooks.model.schedule import DAYS
from playbooks.respond.rota import LAYERS, Layer, Override, Rota, Shift
from playbooks.rhythm import moment_at

_DAY = timedelta(days=1)
_LOOKED_AHEAD = timedelta(days=200)
_IN_A_GAP = timedelta(hours=12)


@dataclass(frozen=True)
class Exchange:
    """What somebody gets instead of whom: one half of a swap, or all of a take."""

    layer: Layer
    person: str
    begins: datetime
    ends: datetime
    why: str


def rota_of(rotas: Mapping[str, Rota], stack: str) -> str | None:
    """The name of the first rota that fits the stack."""
    fits = (name for name, rota in rotas.items() if fits_one(stack, rota.stacks))
    return next(fits, None)


def fits_one(name: str, patterns: Sequence[str]) -> bool:
    """Whether one of the patterns fits."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def turns(rota: Rota, begins: datetime, ends: datetime) -> tuple[Shift, ...]:
    """What the rota itself says of the time, whole turns, cut only by its `hours`. Each handover is
    at its time on the clocks of the zone: a turn over a change of clocks is an hour more or less.
    """
    return tuple(
        Shift(layer=layer, person=person, begins=start, ends=end)
        for layer, people in zip(LAYERS, (rota.primary, rota.secondary), strict=True)
        for person, start, end in _turns(rota, people, begins, ends)
    )


def with_changes(
    shifts: Sequence[Shift], overrides: Sequence[Override], layer: Layer
) -> tuple[Shift, ...]:
    """One layer as it really is: what was changed later counts more. In order of time."""
    found = [shift for shift in shifts if shift.layer == layer]
    for override in sorted(overrides, key=lambda each: (each.at, each.id)):
        if override.layer == layer and override.ends > override.begins:
            found = [*_without(found, override.begins, override.ends), _as_shift(override)]
    return tuple(sorted(found, key=lambda shift: shift.begins))


def at(shifts: Sequence[Shift], moment: datetime) -> Shift | None:
    """The one that is going on."""
    return next((s for s in shifts if s.begins <= moment < s.ends), None)


def following(shifts: Sequence[Shift], moment: datetime) -> Shift | None:
    """The first one that begins later, of somebody else than who is on call now."""
    now = at(shifts, moment)
    later = (s for s in shifts if s.begins > moment)
    return next((s for s in later if now is None or s.person != now.person), None)


def gaps(
    shifts: Sequence[Shift], begins: datetime, ends: datetime
) -> tuple[tuple[datetime, datetime], ...]:
    """When nobody is on call, within that time."""
    found, covered = [], begins
    for shift in sorted(shifts, key=lambda each: each.begins):
        if shift.begins > covered and covered < ends:
            found.append((covered, min(shift.begins, ends)))
        covered = max(covered, shift.ends)
    return tuple([*found, (covered, ends)] if covered < ends else found)


def taken(
    shifts: Sequence[Shift], layer: Layer, person: str, now: datetime, until: datetime | None
) -> Exchange:
    """The person takes over now: until then, or else for the rest of the turn that is going on, or
    until the gap ends. Raises Refused when it is theirs already, BadArgument for a wrong time."""
    going_on, later = at(shifts, now), following(shifts, now)
    if until is None:
        free = later.begins if later is not None else now + _IN_A_GAP
        until = going_on.ends if going_on is not None else free
    if until <= now:
        raise BadArgument("That is over already.", "Write a time that is to come, like `18:00`.")
    hit = [shift for shift in shifts if shift.begins < until and now < shift.ends]
    if hit and not gaps(hit, now, until) and all(shift.person == person for shift in hit):
        raise Refused(f"{person} is {layer} in that time already.")
    return Exchange(layer, person, now, until, "took it over")


def swapped(
    shifts: Sequence[Shift],
    one: str,
    other: str,
    now: datetime,
    between: tuple[datetime, datetime] | None = None,
) -> tuple[Exchange, ...]:
    """Both are on call for each other: in that time, or else for one's next turn (or the rest of
    the one that is going on) and the other's next one in the same layer.

    Raises Refused when there is nothing to swap.
    """
    if one == other:
        raise BadArgument("A swap takes somebody else.", "Name another person of the rota.")
    if between is not None:
        return tuple(_exchanged(shifts, one, other, *between))
    for mine in sorted(shifts, key=lambda each: each.begins):
        theirs = [s for s in shifts if s.layer == mine.layer and s.person == other and s.ends > now]
        if mine.person == one and mine.ends > now and theirs:
            first = min(theirs, key=lambda each: each.begins)
            return (_given(mine, one, other, now), _given(first, other, one, now))
    raise Refused(
        f"{one} and {other} take no turns in the same layer of this rota.",
        "`/ops oncall` shows who does.",
    )


def horizon(now: datetime) -> datetime:
    """How far ahead turns are looked for."""
    return now + _LOOKED_AHEAD


def _exchanged(
    shifts: Sequence[Shift], one: str, other: str, begins: datetime, ends: datetime
) -> Iterator[Exchange]:
    if ends <= begins:
        raise BadArgument("The time ends before it begins.", "Write FROM before UNTIL.")
    partner = {one: other, other: one}
    hit = [s for s in shifts if s.begins < ends and begins < s.ends and s.person in partner]
    if not hit:
        raise Refused(f"Neither {one} nor {other} is on call in that time.")
    for shift in hit:
        whom = partner[shift.person]
        yield Exchange(
            shift.layer,
            whom,
            max(shift.begins, begins),
            min(shift.ends, ends),
            f"swapped with {shift.person}",
        )


def _given(shift: Shift, of: str, to: str, now: datetime) -> Exchange:
    return Exchange(shift.layer, to, max(shift.begins, now), shift.ends, f"swapped with {of}")


def _as_shift(override: Override) -> Shift:
    return Shift(
        layer=override.layer,
        person=override.person,
        begins=override.begins,
        ends=override.ends,
        why=override.why,
    )


def _without(shifts: Sequence[Shift], begins: datetime, ends: datetime) -> Iterator[Shift]:
    """The shifts with that time cut out of them."""
    for shift in shifts:
        if shift.ends <= begins or ends <= shift.begins:
            yield shift
            continue
        if shift.begins < begins:
            yield shift.model_copy(update={"ends": begins})
        if ends < shift.ends:
            yield shift.model_copy(update={"begins": ends})


def _turns(
    rota: Rota, people: Sequence[str], begins: datetime, ends: datetime
) -> Iterator[tuple[str, datetime, datetime]]:
    if not people or rota.starts is None:
        return
    days = 7 if rota.rotation == "weekly" else 1
    first = _first_day(rota, rota.starts)
    there = begins.astimezone(ZoneInfo(rota.zone)).date()
    number = (there - first).days // days - 1
    while (start := _handover(rota, first, number * days)) < ends:
        end = _handover(rota, first, (number + 1) * days)
        if end > begins:
            person = people[number % len(people)]
            yield from ((person, s, e) for s, e in _within(rota.hours, start, end))
        number += 1


def _first_day(rota: Rota, starts: date) -> date:
    """The day on which the turn begins that begins or goes on on that day."""
    if rota.rotation == "daily":
        return starts
    return starts - timedelta(days=(starts.weekday() - DAYS.index(rota.day)) % 7)


def _handover(rota: Rota, first: date, days: int) -> datetime:
    wall = datetime.combine(first + timedelta(days=days), time.fromisoformat(rota.at))
    return moment_at(wall, ZoneInfo(rota.zone))


def _within(
    hours: OfficeHours | None, begins: datetime, ends: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """The parts of that time that are in the hours."""
    if hours is None:
        yield begins, ends
        return
    zone = ZoneInfo(hours.zone)
    day = begins.astimezone(zone).date() - _DAY
    while day <= ends.astimezone(zone).date():
        if DAYS[day.weekday()] in hours.days:
            opens = moment_at(datetime.combine(day, time.fromisoformat(hours.opens)), zone)
            closes = moment_at(datetime.combine(day, time.fromisoformat(hours.closes)), zone)
            if opens < ends and begins < closes:
                yield max(opens, begins), min(closes, ends)
        day += _DAY
