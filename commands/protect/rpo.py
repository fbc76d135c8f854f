"""`rpo [STACK]`: how much would be lost and how long a restore takes, against the objectives."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated

from commands.grammar import Word
from commands.lookup import stack_for, stacks_open_to
from commands.ports import Attachment, Call, Context, Reply
from commands.protect.known import listing
from commands.subcommand import Room, Subcommand
from notifiers import pictures
from notifiers.ports import Body
from notifiers.views import blocks
from notifiers.views.text import ago, duration, escape, plural
from playbooks.errors import InterlockError
from playbooks.model.base import Model
from playbooks.model.stack import DRILL, Stack
from playbooks.protection import ScenarioStanding, Standing, ages, drills, scenarios, standings
from playbooks.repository.listing import Summary

_SPAN = timedelta(days=30)
_COLUMNS = (
    "Datastore",
    "Newest good backup",
    "Age",
    "Age at most",
    "Restore took",
    "At most",
    "Last drill",
    "Within",
    "State",
    "Next backup",
)
_NO_PICTURE = (
    "No picture of the last 30 days: install the extra `pictures` (`pip install "
    "'interlock[pictures]'`)."
)


class RpoParams(Model):
    """Which stack; without one, all that have backups."""

    stack: Annotated[str | None, Word("STACK", "the name of a stack")] = None


@dataclass
class _Gathered:
    """What is said of all the stacks together."""

    rows: list[tuple[str, ...]] = field(default_factory=list)
    scenarios: list[str] = field(default_factory=list)
    bad: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    lines: list[pictures.Line] = field(default_factory=list)


def _handle(context: Context, call: Call, params: RpoParams) -> Reply:
    if params.stack is not None:
        stacks: Sequence[Stack] = (stack_for(context, call, params.stack, "read"),)
    else:
        open_to = stacks_open_to(context, call, "read").values()
        stacks = [stack for stack in open_to if stack.backup is not None]
    gathered = _Gathered()
    for stack in stacks:
        try:
            backups = listing(context, stack).backups
        except InterlockError as error:
            if params.stack is not None:
                raise
            gathered.troubles.append(f"{stack.name}: {error.message}")
            continue
        found = standings(
            stack, backups, context.history.restore_seconds(stack.name), context.now()
        )
        _gather(context, stack, backups, found, gathered)
    return _reply(context, gathered)


def _gather(
    context: Context,
    stack: Stack,
    backups: Sequence[Summary],
    found: Sequence[Standing],
    into: "_Gathered",
) -> None:
    into.rows += [_row(context, stack, standing) for standing in found]
    into.bad += [f"{stack.name}/{each.datastore}" for each in found if _bad(each)]
    into.lines += [_line(context, stack, standing, backups) for standing in found]
    for scenario in scenarios(stack, found):
        into.scenarios.append(_scenario_line(stack, scenario))
        into.bad += [f"{stack.name} {scenario.name}"] if scenario.missed else []


def _reply(context: Context, found: "_Gathered") -> Reply:
    point = (
        f"{', '.join(found.bad)} missed the objectives" if found.bad else "no objective is missed"
    )
    text = f"Objectives of {plural(len(found.rows), 'datastore')}: {point}"
    content = blocks.sections(text)
    content += blocks.table(_COLUMNS, found.rows) if found.rows else []
    content += blocks.sections("\n".join(found.scenarios)) if found.scenarios else []
    content += blocks.sections(escape("\n".join(found.troubles))) if found.troubles else []
    drawn = pictures.ages(found.lines, context.now(), _SPAN)
    if not pictures.available():
        content += blocks.context(_NO_PICTURE)
    file = _picture(drawn) if drawn is not None else None
    return Reply(body=Body(text=text, blocks=tuple(content)), file=file)


def _picture(drawn: bytes) -> Attachment:
    return Attachment(
        name="objectives.png",
        title="Age of the newest good backup over the last 30 days",
        content=drawn,
        media="image/png",
    )


def _row(context: Context, stack: Stack, standing: Standing) -> tuple[str, ...]:
    newest = standing.newest
    return (
        f"{stack.name}/{standing.datastore}",
        newest.id if newest else "none",
        duration(standing.age) if standing.age is not None else "",
        "on change" if standing.on_change else _at_most(standing.age_objective),
        duration(standing.restore) if standing.restore is not None else "not measured",
        _at_most(standing.restore_objective),
        _drill(context, standing),
        _at_most(standing.drill_objective),
        _state(standing),
        _next(context, stack, standing.datastore),
    )


def _scenario_line(stack: Stack, standing: ScenarioStanding) -> str:
    """`• harbor disk-failure (High): would lose 3 h of 4 h at most, …: met`."""
    scenario = standing.scenario
    priority = f" ({scenario.priority})" if scenario.priority else ""
    opening = f"• {stack.name} {standing.name}{priority}"
    if scenario.rpo == timedelta(0):
        took = _at_most(_seconds(scenario.rto))
        return escape(f"{opening}: nothing may be lost, {took} at most; no matter of backups")
    lost = duration(standing.age) if standing.age is not None else "nobody knows how much"
    took = duration(standing.restore) if standing.restore is not None else "not measured"
    state = f"{' and '.join(standing.missed)} missed" if standing.missed else _known(standing)
    return escape(
        f"{opening}: would lose {lost}, at most {_at_most(_seconds(scenario.rpo))}; restores take "
        f"{took}, at most {_at_most(_seconds(scenario.rto))}: {state}"
    )


def _known(standing: ScenarioStanding) -> str:
    return "met" if standing.age is not None and standing.restore is not None else "not known"


def _drill(context: Context, standing: Standing) -> str:
    if standing.drill is None:
        return "never"
    note = standing.drill.note
    how = f"in {duration(note.seconds)}" if note.passed else "failed"
    return f"{ago(note.at, context.now())}, {how}"


def _seconds(span: timedelta | None) -> float | None:
    return span.total_seconds() if span is not None else None


def _bad(standing: Standing) -> bool:
    return bool(_missed(standing))


def _at_most(seconds: float | None) -> str:
    return duration(seconds) if seconds is not None else "not set"


def _state(standing: Standing) -> str:
    missed = _missed(standing)
    if missed:
        return ", ".join(missed)
    if standing.newest is None:
        return "no backup yet"
    return "met" if standing.age_objective or standing.restore_objective else "no objective"


def _missed(standing: Standing) -> tuple[str, ...]:
    troubles = (
        ("RPO missed", standing.too_old),
        ("RTO missed", standing.too_slow),
        ("drill failed", standing.drill_failed),
        ("drill overdue", standing.drill_overdue),
    )
    return tuple(name for name, is_so in troubles if is_so)


def _next(context: Context, stack: Stack, datastore: str) -> str:
    coming = [
        each.next_at
        for each in context.timetable.of(stack)
        if not each.paused and each.name != DRILL and datastore in stack.scheduled(each.schedule)
    ]
    return ago(min(coming), context.now()) if coming else "not scheduled"


def _line(
    context: Context, stack: Stack, standing: Standing, backups: Sequence[Summary]
) -> pictures.Line:
    return pictures.Line(
        name=f"{stack.name}/{standing.datastore}",
        corners=ages(backups, standing.datastore, context.now(), _SPAN),
        at_most=standing.age_objective,
        drills=[(each.note.at, each.note.passed) for each in drills(backups, standing.datastore)],
    )


RPO = Subcommand(
    name="rpo",
    room=Room.PROTECT,
    summary="the age of the newest backups and drills and how long restores take, against the "
    "objectives",
    examples=("rpo", "rpo harbor"),
    permission="read",
    params=RpoParams,
    handle=_handle,
    notes=(
        "Ages and drills come from the backup repository alone, restore times from the newest "
        "restores, else from drills.",
        "Safety backups that restores make do not count.",
    ),
)
