"""Who is on call. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from notifiers.ports import Body
from notifiers.views import blocks
from notifiers.views.text import code, escape, joined, person, when
from playbooks.model.base import JsonObject
from playbooks.model.people import Actor
from playbooks.respond.oncall import at, following, gaps
from playbooks.respond.rota import LAYERS, Layer, Override, Rota, Shift

_FORM = "{date_short_pretty} {time}"
_LINES = 40
_GAPS_SHOWN = 3
_SHORTEST_GAP = timedelta(minutes=1)


def rota_blocks(
    name: str,
    rota: Rota,
    layers: Mapping[Layer, Sequence[Shift]],
    span: tuple[datetime, datetime],
    slack_of: Mapping[str, str],
) -> list[JsonObject]:
    """Who is now, who is next, gaps, and a table of that time on the rota's own clocks."""
    now, until = span
    lines = [f"*{escape(name)}*, {escape(rota.rhythm)}"]
    lines += [
        _now(layer, layers[layer], span, slack_of)
        for layer in LAYERS
        if layers[layer] or layer == "primary"
    ]
    lines += list(_gaps(rota, layers, now, until))
    table = _table(rota, layers, now, until)
    return blocks.sections("\n".join(lines)) + table


def line_now(name: str, layers: Mapping[Layer, Sequence[Shift]], now: datetime) -> str:
    """`harbor: ana until Mon 09:00, then ben`, plain."""
    parts = []
    for layer in LAYERS:
        shift = at(layers[layer], now)
        if shift is not None:
            parts.append(f"{shift.person} ({layer})")
    return f"{name}: {', '.join(parts) or 'nobody is on call'}"


def change_said(actor: Actor, rota: str, changes: Sequence[Override]) -> str:
    """What everybody is told, mrkdwn."""
    lines = [f"{person(actor.slack, actor.name)} changed who is on call for {escape(rota)}:"]
    return "\n".join([*lines, *(f"• {_changed(each)}" for each in changes)])


def told_of_change(actor: Actor, rota: str, changes: Sequence[Override]) -> Body:
    """What somebody whose turn is concerned is told directly."""
    lines = "\n".join(f"• {_changed(each)}" for each in changes)
    return Body(
        text=(
            f"{person(actor.slack, actor.name)} changed your turn in the rota {escape(rota)}:\n"
            f"{lines}\n{code('/ops oncall')} shows it; {code('/ops oncall take')} takes it back."
        )
    )


def _changed(change: Override) -> str:
    times = f"from {when(change.begins, _FORM)} until {when(change.ends, _FORM)}"
    return f"{escape(change.person)} is {change.layer} {times} ({escape(change.why)})"


def _now(
    layer: Layer,
    shifts: Sequence[Shift],
    span: tuple[datetime, datetime],
    slack_of: Mapping[str, str],
) -> str:
    now, until = span
    shift, later = at(shifts, now), following(shifts, now)
    if shift is None:
        who = "*nobody* is on call now"
    else:
        name = person(slack_of.get(shift.person, ""), shift.person)
        why = f" ({escape(shift.why)})" if shift.why else ""
        end = next(each.ends for each in in_one(shifts) if each.begins <= now < each.ends)
        who = f"{name}{why}" + (f" until {when(end, _FORM)}" if end <= until else "")
    then = f"then {escape(later.person)} from {when(later.begins, _FORM)}" if later else ""
    return f"{layer.capitalize()}: {joined([who, then])}"


def in_one(shifts: Sequence[Shift]) -> Sequence[Shift]:
    """Turns of the same person that follow each other, as one."""
    found: list[Shift] = []
    for shift in shifts:
        last = found[-1] if found else None
        same = last is not None and (last.person, last.why) == (shift.person, shift.why)
        if last is not None and same and last.ends == shift.begins:
            found[-1] = last.model_copy(update={"ends": shift.ends})
        else:
            found.append(shift)
    return found


def _gaps(
    rota: Rota, layers: Mapping[Layer, Sequence[Shift]], now: datetime, until: datetime
) -> Iterator[str]:
    """Times without anybody; those between the hours of a rota are meant so."""
    found = [gap for gap in gaps(layers["primary"], now, until) if gap[1] - gap[0] >= _SHORTEST_GAP]
    if not found:
        return
    if rota.hours is not None:
        yield f"Nobody is on call outside {escape(rota.hours.shown)}."
        return
    shown = [f"{when(b, _FORM)} – {when(e, _FORM)}" for b, e in found[:_GAPS_SHOWN]]
    more = f" and {len(found) - _GAPS_SHOWN} more" if len(found) > _GAPS_SHOWN else ""
    yield f"*Gaps*: nobody is on call {', '.join(shown)}{more}."


def _table(
    rota: Rota, layers: Mapping[Layer, Sequence[Shift]], now: datetime, until: datetime
) -> list[JsonObject]:
    zone = ZoneInfo(rota.zone)
    shown = sorted(
        (s for layer in LAYERS for s in in_one(layers[layer]) if s.ends > now and s.begins < until),
        key=lambda shift: (shift.begins, shift.layer),
    )
    rows = [
        [
            f"{s.begins.astimezone(zone):%a %d %b %H:%M}",
            f"{s.ends.astimezone(zone):%a %d %b %H:%M}" if s.ends <= until else "later",
            s.layer,
            f"{s.person}{f' ({s.why})' if s.why else ''}",
        ]
        for s in shown[:_LINES]
    ]
    if not rows:
        return []
    columns = (f"from ({rota.zone})", "until", "layer", "who")
    return [
        *blocks.table(columns, rows),
        *blocks.rest(len(shown) - len(rows), "the rota says them"),
    ]
