"""`help [SUBCOMMAND]`: all names on one page, or one of them in full."""

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


class HelpParams(Model):
    """What to explain; nothing: everything there is."""

    subcommand: Annotated[
        tuple[str, ...], Word("SUBCOMMAND", "the name of a subcommand", rest=True)
    ] = ()


def _help(_context: Context, _call: Call, params: HelpParams) -> Reply:
    if not params.subcommand:
        return Reply(body=overview(SUBCOMMANDS.values()))
    return Reply(body=explained(found(SUBCOMMANDS, params.subcommand[0], "subcommand")))


HELP = Subcommand(
    name="help",
    room=Room.SEE,
    summary="what there is, or one subcommand in full",
    examples=("help", "help restore"),
    permission=None,
    params=HelpParams,
    handle=_help,
)


def overview(subcommands: Collection[Subcommand[Any]]) -> Body:
    """Every subcommand in one message."""
    content = blocks.sections(
        "Type `/ops SUBCOMMAND`, or mention me in a thread. `-h` after any of them explains it."
    )
    for room in Room:
        lines = [
            f"{code(each.usage, 200)}\n{escape(each.summary)}"
            for each in subcommands
            if each.room is room
        ]
        content += blocks.sections("\n".join([f"*{room.value}*", *lines]))
    names = ", ".join(each.name for each in subcommands)
    return Body(text=f"/ops knows: {names}", blocks=tuple(content))


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
