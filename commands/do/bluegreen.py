"""`bluegreen STACK [VERSION|switch|back|retire]`."""

from typing import Annotated

from commands.asking import Intent, Operation
from commands.grammar import Option, Word
from commands.lookup import stack_for, stack_named
from commands.ports import Call, Context, Reply
from commands.subcommand import Room, Subcommand
from notifiers.ports import Body
from notifiers.views import blocks
from notifiers.views.text import code, escape
from playbooks.errors import BadArgument
from playbooks.model.base import JsonObject, Model
from playbooks.model.stack import Stack
from playbooks.operations.bluegreen import (
    BACK,
    RETIRE,
    STATE,
    SWITCH,
    UP,
    RetireParams,
    SwitchParams,
    UpParams,
    rules_of,
)

_SECONDS = 5.0


class BlueGreenWords(Model):
    """Of which stack, and what about it."""

    stack: Annotated[str, Word("STACK", "the name of a stack")]
    what: Annotated[
        str | None, Word("VERSION|switch|back|retire", "a version, `switch`, `back` or `retire`")
    ] = None
    switch: Annotated[bool, Option("send traffic to it as soon as it is healthy")] = False


def _handle(context: Context, call: Call, params: BlueGreenWords) -> Reply:
    if params.what is not None:
        return OPERATION.ask(context, call, params)
    stack = stack_for(context, call, params.stack, "read")
    rules_of(stack)
    state = context.facts.read(stack, [STATE], within=_SECONDS).of(STATE)
    return Reply(body=_shown(stack, state))


def _intend(_context: Context, stack: Stack, params: BlueGreenWords) -> Intent:
    if params.switch and params.what in {None, "switch", "back", "retire"}:
        raise BadArgument("`--switch` goes with a VERSION.")
    match params.what:
        case None:
            raise BadArgument(
                "There is nothing to plan: VERSION, `switch`, `back` or `retire` is missing.",
                f"`/ops bluegreen {stack.name}` shows how it stands.",
            )
        case "switch":
            return Intent(SWITCH, stack, SwitchParams())
        case "back":
            return Intent(BACK, stack, SwitchParams())
        case "retire":
            return Intent(RETIRE, stack, RetireParams())
        case version:
            return Intent(UP, stack, UpParams(version=version, switch=params.switch))


def _shown(stack: Stack, state: JsonObject) -> Body:
    live = state["live"]
    text = f"{stack.environment}/{stack.name}: traffic goes to {live or 'neither project'}"
    rows = [
        (
            name,
            project["version"] or "as it was",
            "traffic" if name == live else "",
            service,
            ", ".join(f"{each['name']} {each['health'] or each['status']}" for each in containers)
            or "nothing runs",
        )
        for name, project in state["projects"].items()
        for service, containers in project["services"].items()
    ]
    content = blocks.sections(f"*{escape(text)}*")
    content += blocks.table(("Project", "Version", "Traffic", "Service", "Containers"), rows)
    if state["fixed"]:
        lines = "\n".join(f"• {escape(why)}" for why in state["fixed"])
        content += blocks.sections(f"*A second project is not possible*\n{lines}")
    content += blocks.context(
        f"{code(f'/ops bluegreen {stack.name} VERSION')} brings a version up beside it"
    )
    return Body(text=text, blocks=tuple(content))


OPERATION = Operation(locate=stack_named, intend=_intend)
BLUEGREEN = Subcommand(
    name="bluegreen",
    room=Room.DO,
    summary="bring a version up beside the one that runs, and send traffic to it",
    examples=(
        "bluegreen arc",
        "bluegreen arc 1.4.0",
        "bluegreen arc switch",
        "bluegreen arc back",
        "bluegreen arc retire",
    ),
    permission="ask",
    params=BlueGreenWords,
    handle=_handle,
    operation=OPERATION,
    notes=(
        "Only services without data are doubled. After a switch connections to the old version may "
        "end, and it stays for a while: until then `back` goes back to it.",
    ),
)
