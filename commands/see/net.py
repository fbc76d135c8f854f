"""`net STACK FROM TO [PORT]`: whether one service reaches another, as seen from inside it."""

from collections.abc import Iterator
from ipaddress import ip_address
from typing import Annotated

from pydantic import Field

from commands.grammar import Word
from commands.lookup import service_of, stack_for
from commands.ports import Call, Context, Reply
from commands.subcommand import Room, Subcommand
from notifiers.ports import Body
from notifiers.views import blocks
from notifiers.views.text import escape
from playbooks.model.base import Model
from playbooks.model.facts import FactQuery
from playbooks.model.reach import Reach

_SECONDS = 20.0


class NetParams(Model):
    """From which service to which, and to which port of it."""

    stack: Annotated[str, Word("STACK", "the name of a stack")]
    source: Annotated[str, Word("FROM", "the service that connects")]
    target: Annotated[str, Word("TO", "the service that it connects to")]
    port: Annotated[
        int | None,
        Field(ge=1, le=65535),
        Word("PORT", "a port of it, a whole number from 1 to 65535; none: its own"),
    ] = None


def _handle(context: Context, call: Call, params: NetParams) -> Reply:
    stack = stack_for(context, call, params.stack, "read")
    source, _ = service_of(stack, params.source)
    target, _ = service_of(stack, params.target)
    arguments = {"source": source, "target": target, "port": params.port}
    query = FactQuery(fact="net.reach", args=arguments)
    seen = Reach.model_validate(context.facts.read(stack, [query], _SECONDS).of(query))
    title = f"{stack.environment}/{stack.name}: {headline(seen)}"
    lines = [f"• {escape(line)}" for line in details(seen)]
    content = [*blocks.sections(f"*{escape(title)}*"), *blocks.sections("\n".join(lines))]
    return Reply(body=Body(text=title, blocks=tuple(content)))


def headline(seen: Reach) -> str:
    """The point: `oms reaches terminusdb:6363 in 0.4 ms`."""
    where = f"{seen.target}:{seen.port}"
    if seen.opened and not seen.failures:
        middle = seen.middle_ms
        return f"{seen.source} reaches {where}" + (f" in {_ms(middle)}" if middle else "")
    if seen.opened:
        of = seen.opened + len(seen.failures)
        return f"{seen.source} reaches {where} only in {seen.opened} of {of} tries"
    if not seen.tool:
        return f"whether {seen.source} reaches {where} is unknown: {seen.why}"
    return f"{seen.source} does not reach {where}: {reason(seen)}"


def reason(seen: Reach) -> str:
    """Why it does not, as far as that can be told."""
    if not seen.shared:
        return "they share no network"
    if not seen.resolved:
        return f"the name {seen.target} has no address there"
    if seen.listens == ():
        return f"nothing listens on {seen.port} in {seen.target}"
    if seen.listens and all(ip_address(each).is_loopback for each in seen.listens):
        return f"{seen.target} listens on its own loopback only ({', '.join(seen.listens)})"
    said = ", ".join(dict.fromkeys(seen.failures))
    return said.lower() if said else "no connection opened in time; a firewall may drop it"


def details(seen: Reach) -> Iterator[str]:
    """Networks, names, connections, and what to do next."""
    yield f"Networks of {seen.source}: {_networks(seen.networks)}"
    yield f"Networks of {seen.target}: {_networks(seen.target_networks)}"
    if seen.resolved:
        took = f", resolved in {_ms(seen.dns_ms)}" if seen.dns_ms is not None else ""
        yield f"Its name leads to {', '.join(seen.resolved)}{took}"
        if seen.expected and not set(seen.resolved) & set(seen.expected):
            yield f"That is none of its addresses in shared networks: {', '.join(seen.expected)}"
    elif seen.tool:
        yield f"Its name is not known there: {seen.why or 'no address'}"
    if seen.times_ms:
        low, high = min(seen.times_ms), max(seen.times_ms)
        yield (
            f"{len(seen.times_ms)} TCP connections: {_ms(low)} at least, {_ms(seen.middle_ms)} "
            f"in the middle, {_ms(high)} at most"
        )
    elif seen.opened:
        yield "A TCP connection opened; its time was not measured: no image here has a clock for it"
    if seen.failures:
        yield f"Failed: {', '.join(dict.fromkeys(seen.failures))}"
    if seen.listens is not None:
        yield f"{seen.target} listens on {seen.port} at: {', '.join(seen.listens) or 'nothing'}"
    if not seen.shared:
        yield "Put both into one of these networks in the compose file, then deploy."


def _networks(networks: dict[str, str]) -> str:
    return ", ".join(f"{n} ({a})" if a else n for n, a in networks.items()) or "none"


def _ms(milliseconds: float | None) -> str:
    return "" if milliseconds is None else f"{milliseconds:.2g} ms"


NET = Subcommand(
    name="net",
    room=Room.SEE,
    summary="whether one service reaches another: networks, name, TCP, latency",
    examples=("net harbor api postgres", "net harbor api postgres 5432"),
    permission="read",
    params=NetParams,
    handle=_handle,
)
