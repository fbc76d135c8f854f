"""`rpo [STACK]`: how much would be lost and how long a restore takes, against the objectives."""

from collections.abc import Sequence
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
from playbooks.model.stack import Stack
from playbooks.protection import Standing, ages, standings
from playbooks.repository.catalogue import Summary

_SPAN = timedelta(days=30)
_NO_PICTURE = (
    "No picture of the last 30 days: install the extra `pictures` (`pip install "
    "'interlock[pictures]'`)."
)


class RpoParams(Model):
    """Which stack; without one, all that have backups."""

    stack: Annotated[str | None, Word("STACK", "the name of a stack")] = None


def _handle(context: Context, call: Call, params: RpoParams) -> Reply:
    if params.stack is not None:
        stacks: Sequence[Stack] = (stack_for(context, call, params.stack, "read"),)
    else:
        open_to = stacks_open_to(context, call, "read").values()
        stacks = [stack for stack in open_to if stack.backup is not None]
    rows: list[tuple[str, ...]] = []
    bad: list[str] = []
    troubles: list[str] = []
    lines: list[pictures.Line] = []
    for stack in stacks:
        try:
            backups = listing(context, stack).backups
        except InterlockError as error:
            if params.stack is not None:
                raise
            troubles.append(f"{stack.name}: {error.message}")
            continue
        found = standings(
            stack, backups, context.history.restore_seconds(stack.name), context.now()
        )
        rows += [_row(context, stack, standing) for standing in found]
        bad += [f"{stack.name}/{each.datastore}" for each in found if each.too_old or each.too_slow]
        lines += [_line(context, stack, standing, backups) for standing in found]
    return _reply(context, rows, bad, troubles, lines)


def _reply(
    context: Context,
    rows: Sequence[tuple[str, ...]],
    bad: Sequence[str],
    troubles: Sequence[str],
    lines: Sequence[pictures.Line],
) -> Reply:
    point = f"{', '.join(bad)} missed the objectives" if bad else "no objective is missed"
    text = f"Objectives of {plural(len(rows), 'datastore')}: {point}"
    columns = (
        "Datastore",
        "Newest good backup",
        "Age",
        "Age at most",
        "Restore took",
        "At most",
        "State",
        "Next backup",
    )
    content = blocks.sections(text)
    content += blocks.table(columns, rows) if rows else []
    content += blocks.sections(escape("\n".join(troubles))) if troubles else []
    drawn = pictures.ages(lines, context.now(), _SPAN)
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
        _at_most(standing.age_objective),
        duration(standing.restore) if standing.restore is not None else "not measured",
        _at_most(standing.restore_objective),
        _state(standing),
        _next(context, stack, standing.datastore),
    )


def _at_most(seconds: float | None) -> str:
    return duration(seconds) if seconds is not None else "not set"


def _state(standing: Standing) -> str:
    missed = [
        name
        for name, is_missed in (("RPO", standing.too_old), ("RTO", standing.too_slow))
        if is_missed
    ]
    if missed:
        return f"{' and '.join(missed)} missed"
    if standing.newest is None:
        return "no backup yet"
    return "met" if standing.age_objective or standing.restore_objective else "no objective"


def _next(context: Context, stack: Stack, datastore: str) -> str:
    coming = [
        each.next_at
        for each in context.timetable.of(stack)
        if not each.paused and datastore in stack.scheduled(each.schedule)
    ]
    return ago(min(coming), context.now()) if coming else "not scheduled"


def _line(
    context: Context, stack: Stack, standing: Standing, backups: Sequence[Summary]
) -> pictures.Line:
    return pictures.Line(
        name=f"{stack.name}/{standing.datastore}",
        corners=ages(backups, standing.datastore, context.now(), _SPAN),
        at_most=standing.age_objective,
    )


RPO = Subcommand(
    name="rpo",
    room=Room.PROTECT,
    summary="the age of the newest backups and how long restores take, against the objectives",
    examples=("rpo", "rpo harbor"),
    permission="read",
    params=RpoParams,
    handle=_handle,
    notes=(
        "Ages come from the backup repository alone, restore times from the newest restores.",
        "Safety backups that restores make do not count.",
    ),
)
