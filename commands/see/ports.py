"""`ports STACK|PORT`: who listens on the ports of a stack, or on one port, and who reaches them."""

from collections.abc import Iterator, Sequence
from typing import Annotated

from commands.grammar import Word
from commands.lookup import stack_for, stacks_open_to
from commands.paging import Paged, page
from commands.ports import Call, Context, Reply
from commands.subcommand import Room, Subcommand
from notifiers.views import blocks
from notifiers.views.text import escape, plural
from playbooks.errors import BadArgument
from playbooks.model.facts import FactQuery
from playbooks.model.holders import Holder, Holders
from playbooks.model.stack import Stack

_SECONDS = 6.0
_HOLDERS = FactQuery(fact="port.holders")
_COLUMNS = ("Port", "Held by", "Reached by", "Of")
_HIGHEST = 65535


class PortsParams(Paged):
    """Of which stack, or which port."""

    what: Annotated[str, Word("STACK|PORT", "the name of a stack, or a port like 5432")]


def _handle(context: Context, call: Call, params: PortsParams) -> Reply:
    if params.what.isdigit():
        return _of_port(context, call, params)
    stack = stack_for(context, call, params.what, "read")
    seen = _seen(context, stack)
    own = [each for each in seen.holders if _is_of(stack, each)]
    world = [each for each in own if each.to_the_world]
    point = f"{_numbers(world)} open to the world" if world else "none is open to the world"
    title = f"{stack.environment}/{stack.name}: {plural(len(own), 'port')} listened on, {point}"
    troubles = [f"• {escape(line)}" for line in _elsewhere(stack, seen.holders)]
    return _reply(title, own, troubles, seen.why, params)


def _of_port(context: Context, call: Call, params: PortsParams) -> Reply:
    port = int(params.what)
    if not 1 <= port <= _HIGHEST:
        raise BadArgument(
            f"`{params.what}` is no port.", f"Give a whole number from 1 to {_HIGHEST}."
        )
    stacks = list(stacks_open_to(context, call, "read").values())
    if not stacks:
        raise BadArgument("There are no stacks yet, so no host to look at.")
    said, found, why = [], [], []
    for host, stack in {each.host.title: each for each in stacks}.items():
        seen = _seen(context, stack)
        here = [each for each in seen.holders if each.port == port]
        named = "; ".join(dict.fromkeys(each.shown for each in here)) or "nobody"
        reach = ", open to the world" if any(each.to_the_world for each in here) else ""
        said.append(f"on {host} by {named}{reach}")
        found += here
        why.append(seen.why)
    return _reply(f"Port {port} is held {', '.join(said)}", found, [], " ".join(why), params)


def _seen(context: Context, stack: Stack) -> Holders:
    return Holders.model_validate(context.facts.read(stack, [_HOLDERS], _SECONDS).of(_HOLDERS))


def _is_of(stack: Stack, holder: Holder) -> bool:
    if stack.compose is not None and holder.project == stack.compose.project:
        return True
    ports = {port for each in stack.services.values() if each.managed for port in each.ports}
    return not holder.container and holder.port in ports


def _elsewhere(stack: Stack, holders: Sequence[Holder]) -> Iterator[str]:
    """Ports that the stack file claims, and others have."""
    for name, service in stack.services.items():
        for port in service.ports:
            for holder in holders:
                if holder.port == port and holder.protocol == "tcp" and not _is_of(stack, holder):
                    yield f"Port {port} of {name} is held by {holder.shown}: {name} cannot have it."


def _reply(
    title: str, found: Sequence[Holder], troubles: list[str], why: str, params: PortsParams
) -> Reply:
    content = blocks.sections(f"*{escape(title)}*")
    if found:
        content += blocks.table(_COLUMNS, list(map(_row, found)), right=(0,))
    if troubles:
        content += blocks.sections("\n".join(troubles))
    content += blocks.context("A firewall may keep the world out all the same", escape(why))
    return Reply(body=page(title, content, params.page, f"ports {params.what}"))


def _row(holder: Holder) -> tuple[str, ...]:
    reach = f"the world, at {holder.address}" if holder.to_the_world else "this host only"
    port = str(holder.port) if holder.protocol == "tcp" else f"{holder.port}/{holder.protocol}"
    return (port, holder.shown, reach, holder.service or holder.project)


def _numbers(holders: Sequence[Holder]) -> str:
    return ", ".join(dict.fromkeys(str(each.port) for each in holders))


PORTS = Subcommand(
    name="ports",
    room=Room.SEE,
    summary="who holds the ports of a stack, or one port, and whether the world reaches them",
    examples=("ports harbor", "ports 5432"),
    permission="read",
    params=PortsParams,
    handle=_handle,
)
