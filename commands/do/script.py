"""`script STACK [NAME [name=value …]]`: the stack's own scripts and make targets."""

from typing import Annotated

from commands.asking import Intent, Operation
from commands.grammar import Word
from commands.lookup import stack_for, stack_named
from commands.names import found
from commands.ports import Call, Context, Reply
from commands.subcommand import Room, Subcommand
from notifiers.ports import Body
from notifiers.views import blocks
from notifiers.views.text import code, plural
from playbooks.errors import BadArgument
from playbooks.model.base import Model
from playbooks.model.stack import Stack
from playbooks.operations.script import ScriptParams, where


class ScriptWords(Model):
    """Which script, and what it is given."""

    stack: Annotated[str, Word("STACK", "the name of a stack")]
    name: Annotated[str | None, Word("NAME", "one of its scripts; none lists them")] = None
    given: Annotated[
        tuple[str, ...],
        Word("name=value …", "the script's arguments, by name", rest=True, anything=True),
    ] = ()


def _intend(_context: Context, stack: Stack, params: ScriptWords) -> Intent:
    name = params.name or ""
    script = found(stack.scripts, name, "script", stack.name)
    exact = next(key for key, value in stack.scripts.items() if value is script)
    return Intent("script", stack, ScriptParams(script=exact, arguments=_given(params.given)))


def _given(words: tuple[str, ...]) -> dict[str, str]:
    values: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise BadArgument(f"`{word}` should be an argument like name=value.")
        if name in values:
            raise BadArgument(f"`{name}` is given twice.")
        values[name] = value
    return values


OPERATION = Operation(locate=stack_named, intend=_intend)


def _handle(context: Context, call: Call, params: ScriptWords) -> Reply:
    if params.name is None:
        return Reply(body=_listed(stack_for(context, call, params.stack, "read")))
    return OPERATION.ask(context, call, params)


def _listed(stack: Stack) -> Body:
    if not stack.scripts:
        text = f"{stack.name} has no scripts. Name them as `scripts` in its stack file."
        return Body(text=text, blocks=tuple(blocks.sections(text)))
    rows = [
        (name, script.risk, script.usage or "none", where(script), script.summary)
        for name, script in stack.scripts.items()
    ]
    text = f"{plural(len(rows), 'script')} of {stack.environment}/{stack.name}"
    content = [
        *blocks.headline(text),
        *blocks.table(("Script", "Risk", "Arguments", "Runs", "What it does"), rows),
        *blocks.context(f"{code(f'/ops script {stack.name} NAME name=value')} runs one"),
    ]
    return Body(text=text, blocks=tuple(content))


SCRIPT = Subcommand(
    name="script",
    room=Room.DO,
    summary="run one of a stack's own scripts or make targets, or list them",
    examples=("script harbor", "script harbor export-schema database=production"),
    permission="ask",
    params=ScriptWords,
    handle=_handle,
    operation=OPERATION,
    notes=(
        "What it writes comes into the thread of its card. It gets no input: one that asks a "
        "question is ended. Arguments are checked by the stack file and never become shell text.",
    ),
)
