"""`db STACK [STORE] [VIEW]`: what goes on in a PostgreSQL, read and never changed."""

from typing import Annotated

from commands.grammar import Option, Word
from commands.lookup import stack_for
from commands.paging import Paged
from commands.ports import Call, Context, Reply
from commands.see.insight import Chosen, Kind, Look, chosen, look
from commands.subcommand import Room, Subcommand
from playbooks.errors import BadArgument
from playbooks.model.base import JsonObject
from playbooks.model.facts import FactQuery
from playbooks.model.stack import Stack

EXPLAIN = "explain"
_VIEWS = (
    "connections",
    "sizes",
    "slow",
    "active",
    "locks",
    "cache",
    "replication",
    "bloat",
    EXPLAIN,
)
_KIND = Kind("db", "PostgreSQL", ("postgres", "postgres-server"), _VIEWS)


class DbParams(Paged):
    """Which store, what of it, and of a server which database."""

    stack: Annotated[str, Word("STACK", "the name of a stack")]
    store: Annotated[str | None, Word("STORE", "one of its PostgreSQL datastores")] = None
    view: Annotated[str | None, Word("VIEW", "what to look at")] = None
    name: Annotated[str | None, Word("NAME", "for explain: a query of the stack file")] = None
    database: Annotated[
        str, Option("which database of a server", "the name of a database", "NAME")
    ] = ""


def _handle(context: Context, call: Call, params: DbParams) -> Reply:
    stack = stack_for(context, call, params.stack, "read")
    seen = chosen(_KIND, stack, (params.store, params.view, params.name))
    if seen.view == EXPLAIN:
        return _explain(context, call, stack, seen, params)
    if seen.rest:
        raise BadArgument(f"`{seen.rest[0]}` is one word too many after {seen.view}.")
    arguments: JsonObject = {"datastore": seen.store, "database": params.database}
    query = FactQuery(fact=f"db.{seen.view}", args=arguments)
    return look(context, call, Look(stack, seen.store, query, params.page))


def _explain(context: Context, call: Call, stack: Stack, seen: Chosen, params: DbParams) -> Reply:
    """Only queries of the stack file: what is typed here is never SQL."""
    if not seen.rest:
        known = ", ".join(stack.queries) or "none; put them into `queries` of the stack file"
        raise BadArgument("explain needs the name of a query.", f"There is: {known}.")
    name = seen.rest[0]
    query = stack.query(name)
    store = query.datastore or seen.store
    database = params.database or query.database
    arguments: JsonObject = {"datastore": store, "database": database, "name": name}
    wanted = FactQuery(fact="db.explain", args=arguments)
    return look(context, call, Look(stack, store, wanted, params.page))


DB = Subcommand(
    name="db",
    room=Room.SEE,
    summary="what goes on in a PostgreSQL: connections, slow queries, locks, sizes, bloat",
    examples=("db harbor", "db harbor postgres slow", "db harbor locks"),
    permission="read",
    params=DbParams,
    handle=_handle,
    notes=(f"Views: {', '.join(_VIEWS)}. `explain NAME` explains a query of the stack file.",),
)
