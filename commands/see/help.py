"""`help [TOPIC]`: all names on one page, a room with what each does, or one of them in full."""

from collections.abc import Collection
from typing import Annotated, Any

from commands.catalogue import SUBCOMMANDS
from commands.grammar import Word, is_flag, option_text, options, positionals
from commands.names import found
from commands.ports import Call, Context, Reply
from commands.subcommand import Room, Subcommand
from notifiers.ports import Body
from notifiers.views import blocks
from notifiers.views.text import code, escape
from playbooks.model.base import Model

_ROOMS = {room.value.lower(): room for room in Room}
# What most days take.
_USUAL = ("status", "logs", "restart", "deploy", "backup", "restore", "alerts", "incident")


class HelpParams(Model):
    """What to explain; nothing: everything there is."""

    subcommand: Annotated[
        tuple[str, ...],
        Word("SUBCOMMAND", f"the name of a subcommand, or {', '.join(_ROOMS)}", rest=True),
    ] = ()


def _help(_context: Context, _call: Call, params: HelpParams) -> Reply:
    if not params.subcommand:
        return Reply(body=overview(SUBCOMMANDS.values()))
    wanted = params.subcommand[0]
    if (room := _ROOMS.get(wanted.lower())) and wanted not in SUBCOMMANDS:
        return Reply(body=of_room(room, SUBCOMMANDS.values()))
    return Reply(body=explained(found(SUBCOMMANDS, wanted, "subcommand")))


HELP = Subcommand(
    name="help",
    room=Room.SEE,
    summary="what there is, a room of it, or one subcommand in full",
    examples=("help", "help protect", "help restore"),
    permission=None,
    params=HelpParams,
    handle=_help,
)


def overview(subcommands: Collection[Subcommand[Any]]) -> Body:
    """The usual ones with what they do, and every other by its name, in one message."""
    content = blocks.sections(
        "Type `/ops SUBCOMMAND`, or mention me in a thread. `-h` after any of them explains it."
    )
    usual = [each for each in subcommands if each.name in _USUAL]
    content += blocks.sections("\n".join(["*Every day*", *map(_line, usual)]))
    for room in Room:
        names = [code(each.name) for each in subcommands if each.room is room]
        more = f"_{code(f'/ops help {room.value.lower()}')} says what each does_"
        content += blocks.sections(f"*{room.value}* · {more}\n{' '.join(names)}")
    names = [each.name for each in subcommands]
    return Body(text=f"/ops knows: {', '.join(names)}", blocks=tuple(content))


def of_room(room: Room, subcommands: Collection[Subcommand[Any]]) -> Body:
    """Each subcommand of a room with its usage and what it does."""
    there = [each for each in subcommands if each.room is room]
    content = blocks.sections("\n".join([f"*{room.value}*", *map(_line, there)]))
    names = ", ".join(each.name for each in there)
    return Body(text=f"{room.value}: {names}", blocks=tuple(content))


def explained(subcommand: Subcommand[Any]) -> Body:
    """One subcommand: usage, words, options, examples, who may."""
    lines = [f"*{subcommand.name}*: {escape(subcommand.summary)}", code(f"/ops {subcommand.usage}")]
    words = [
        f"{code(word.shown)} {word.expects}" for word in positionals(subcommand.params).values()
    ]
    switches = [_option_line(subcommand.params, name) for name in options(subcommand.params)]
    examples = ["*Examples*", *(code(f"/ops {example}") for example in subcommand.examples)]
    parts = (lines, words, switches, list(map(str, subcommand.notes)), examples)
    text = "\n\n".join("\n".join(part) for part in parts if part)
    needed = subcommand.permission
    small = f"Needs the permission {code(needed)}" if needed else "Everybody may"
    return Body(
        text=f"{subcommand.name}: {subcommand.summary}. Usage: /ops {subcommand.usage}",
        blocks=(*blocks.sections(text), *blocks.context(small)),
    )


def _option_line(params: type[Model], name: str) -> str:
    option = options(params)[name]
    shown = option_text(name) if is_flag(params, name) else f"{option_text(name)} {option.shown}"
    expects = f" ({option.expects})" if option.expects else ""
    return f"{code(shown)} {option.summary}{expects}"


def _line(subcommand: Subcommand[Any]) -> str:
    return f"{code(subcommand.usage, 200)}\n{escape(subcommand.summary)}"
