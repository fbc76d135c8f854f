"""Rounds of routines, and the report of a week. Pure; times are aware datetimes."""

from collections.abc import Sequence

from notifiers.ports import Body
from notifiers.views import blocks
from notifiers.views.text import clip, code, escape, joined, person, plural, when
from playbooks.model.base import JsonObject
from playbooks.respond.routine import Day, Line, Round, RoundState, Week

TICK, UNTICK, AGAIN = "routine_tick", "routine_untick", "routine_again"
_LINES_SHOWN = 40
_CHARACTERS = 10_500
_LONGEST_VALUE = 400
_FORM = "{date_short_pretty} {time}"
_COLUMNS = ("Day", "Lists", "Items", "Done", "of it by the bot", "Red", "Missed", "Open")
_FIGURES = (1, 2, 3, 4, 5, 6, 7)
_WORST = 5


def routine_key(round_: Round) -> str:
    """The outbox key of a round's card."""
    return f"routine:{round_.id}"


def pressed_line(value: str) -> tuple[str, int]:
    """The round and the number of its line that a button carries. Raises ValueError."""
    round_, _, number = value.rpartition("#")
    return round_, int(number)


def routine_card(round_: Round, where: str) -> Body:
    """All items of a round, those that people have to do with a button; `where` is like
    `prod/harbor`."""
    title = f"{where} {round_.routine}: {summary(round_)}"
    content = blocks.headline(title)
    content += blocks.context(joined(_small(round_)))
    open_ = round_.state in {RoundState.OPEN, RoundState.DONE}
    shown = _shown(round_, changeable=open_)
    content += shown
    content += blocks.rest(
        len(round_.lines) - len(shown), "which have no room here: split the list"
    )
    if open_ and any(line.item.check != "people" for line in round_.lines):
        content.append({"type": "actions", "elements": [_button(AGAIN, "Check Again", round_, 0)]})
    return Body(
        text=title,
        blocks=tuple(content),
        metadata={
            "event_type": "interlock.routine",
            "event_payload": {
                "key": routine_key(round_),
                "round": round_.id,
                "stack": round_.stack,
                "state": round_.state.value,
            },
        },
    )


def summary(round_: Round) -> str:
    """`3 of 5 done, 1 red`; of one that is over how many were left."""
    left, count = len(round_.left), len(round_.lines)
    red = sum(line.red and not line.done for line in round_.lines)
    done = f"{count - left} of {count} done"
    match round_.state:
        case RoundState.BEGUN:
            return "being looked at"
        case RoundState.MISSED:
            return "missed while Interlock was down"
        case RoundState.OVER:
            return f"over, {done}, {left} carried over"
        case RoundState.DONE:
            return "all done"
        case RoundState.OPEN:
            return f"{done}, {red} red" if red else done


def week_report(week: Week, where: str) -> Body:
    """Done, red and missed, by day."""
    due, done, missed = week.sum("due"), week.sum("done"), week.sum("missed")
    share = f"{100 * done / due:.0f} % of {plural(due, 'item')}" if due else "nothing was due"
    title = f"{where}: routines of the week, {share}{' done' if due else ''}, {missed} missed"
    content = blocks.sections(f"*{escape(title)}*")
    rows = [_row(day) for day in week.days]
    total = ("Week", *(f"{week.sum(name):,}" for name in _FIELDS))
    content += blocks.table(_COLUMNS, [*rows, total], right=_FIGURES)
    worst = [f"{escape(text)} ({count})" for text, count in week.most_missed[:_WORST]]
    if worst:
        content += blocks.sections(f"Missed most: {', '.join(worst)}")
    content += blocks.context(f"{code(f'/ops routines {week.stack}')} shows how they stand")
    return Body(text=title, blocks=tuple(content))


def _small(round_: Round) -> list[str]:
    asked = f"begun by {escape(round_.by)} {when(round_.begun_at, _FORM)}"
    due = f"due {when(round_.due, _FORM)}"
    late = (round_.begun_at - round_.due).total_seconds() > _LATE_SECONDS
    begun = f"begun late, {when(round_.begun_at, _FORM)}" if late else ""
    carried = round_.carried
    days = sorted({line.since[:10] for line in carried})
    said = f"{plural(len(carried), 'item')} carried over from {', '.join(days)}" if carried else ""
    looked = f"looked at {when(round_.looked_at)}" if round_.looked_at else ""
    return [asked if round_.by else due, "" if round_.by else begun, said, looked]


def _shown(round_: Round, *, changeable: bool) -> list[JsonObject]:
    """As many lines as one message takes; what is left to do comes before what is done where not
    all have room."""
    made = [
        _line(round_, number, line, changeable=changeable)
        for number, line in enumerate(round_.lines)
    ]
    if len(made) <= _LINES_SHOWN and blocks.length(made) <= _CHARACTERS:
        return made
    order = sorted(range(len(made)), key=lambda number: round_.lines[number].done)
    shown: list[JsonObject] = []
    for number in order[:_LINES_SHOWN]:
        if blocks.length([*shown, made[number]]) > _CHARACTERS:
            break
        shown.append(made[number])
    return shown


def _line(round_: Round, number: int, line: Line, *, changeable: bool) -> JsonObject:
    word = _word(line)
    texts = [f"*{word}* {escape(line.item.text)}", *_details(line)]
    section: JsonObject = {
        "type": "section",
        "text": blocks.mrkdwn("\n".join(texts)),
        "expand": True,
    }
    if not changeable or line.by_itself:
        return section
    verb, label = (UNTICK, "Untick") if line.ticked_at else (TICK, "Tick")
    return {**section, "accessory": _button(verb, label, round_, number)}


def _word(line: Line) -> str:
    if line.ticked_at is not None:
        return "DONE"
    return line.finding.verdict.value.upper() if line.finding else "OPEN"


def _details(line: Line) -> Sequence[str]:
    found = clip(line.finding.said, _LONGEST_VALUE) if line.finding else ""
    if line.ticked_at is not None and line.finding is not None:
        found = f"{line.finding.verdict.value}: {found}"
    who = person(line.ticked_slack, line.ticked_by)
    ticked = f"by {who} {when(line.ticked_at)}" if line.ticked_at else ""
    asked = "somebody has to look as well" if _waits(line) else ""
    since = f"carried over from {line.since[:10]}" if line.since else ""
    said = joined([found, asked, ticked, since])
    return [said] if said else []


def _waits(line: Line) -> bool:
    return line.finding is not None and line.item.asked and line.ticked_at is None


def _button(verb: str, label: str, round_: Round, number: int) -> JsonObject:
    return {
        "type": "button",
        "action_id": verb,
        "text": blocks.plain(label),
        "value": f"{round_.id}#{number}",
    }


def _row(day: Day) -> tuple[str, ...]:
    return (f"{day.day:%a %d %b}", *(f"{getattr(day, name):,}" for name in _FIELDS))


_FIELDS = ("rounds", "due", "done", "by_itself", "red", "missed", "left")
_LATE_SECONDS = 600.0
