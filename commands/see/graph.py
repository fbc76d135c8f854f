"""`graph STACK [STORE] [VIEW]`: what goes on in a Neo4j, read and never changed."""

from typing import Annotated

from commands.grammar import Word
from commands.lookup import stack_for
from commands.paging import Paged
from commands.ports import Call, Context, Reply
from commands.see.insight import Kind, Look, chosen, look
from commands.subcommand import Room, Subcommand
from playbooks.errors import BadArgument
from playbooks.model.facts import FactQuery

_VIEWS = ("overview", "counts", "size", "queries", "memory")
_KIND = Kind("graph", "Neo4j", ("neo4j",), _VIEWS)


class GraphParams(Paged):
    """Which store, what of it."""

    stack: Annotated[str, Word("STACK", "the name of a stack")]
    store: Annotated[str | None, Word("STORE", "one of its Neo4j datastores")] = None
    view: Annotated[str | None, Word("VIEW", "what to look at")] = None


def _handle(context: Context, call: Call, params: GraphParams) -> Reply:
    stack = stack_for(context, call, params.stack, "read")
    seen = chosen(_KIND, stack, (params.store, params.view))
    if seen.rest:
        raise BadArgument(f"`{seen.rest[0]}` is one word too many after {seen.view}.")
    query = FactQuery(fact=f"graph.{seen.view}", args={"datastore": seen.store})
    return look(context, call, Look(stack, seen.store, query, params.page))


GRAPH = Subcommand(
    name="graph",
    room=Room.SEE,
    summary="what goes on in a Neo4j: counts, size, running queries, memory",
    examples=("graph harbor", "graph harbor counts"),
    permission="read",
    params=GraphParams,
    handle=_handle,
    notes=(f"Views: {', '.join(_VIEWS)}. It is asked over Bolt, by sessions that only read.",),
)
