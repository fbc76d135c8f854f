"""`redis STACK [STORE] [VIEW]`: what goes on in a Redis, read and never changed."""

from typing import Annotated

from pydantic import Field

from commands.grammar import Option, Word
from commands.lookup import stack_for
from commands.paging import Paged
from commands.ports import Call, Context, Reply
from commands.see.insight import Kind, Look, chosen, look
from commands.subcommand import Room, Subcommand
from playbooks.errors import BadArgument
from playbooks.model.base import JsonObject
from playbooks.model.facts import FactQuery

_MONITOR = "monitor"
_VIEWS = ("memory", "bigkeys", "clients", "slowlog", "persistence", "rates", _MONITOR)
_KIND = Kind("redis", "Redis", ("redis",), _VIEWS)


class RedisParams(Paged):
    """Which store, what of it."""

    stack: Annotated[str, Word("STACK", "the name of a stack")]
    store: Annotated[str | None, Word("STORE", "one of its Redis datastores")] = None
    view: Annotated[str | None, Word("VIEW", "what to look at")] = None
    database: Annotated[
        int, Field(ge=0, le=1024), Option("which database", "a whole number from 0", "N")
    ] = 0
    seconds: Annotated[
        float, Field(gt=0, le=5), Option("how long monitor listens", "a number up to 5", "N")
    ] = 2.0


def _handle(context: Context, call: Call, params: RedisParams) -> Reply:
    stack = stack_for(context, call, params.stack, "read")
    seen = chosen(_KIND, stack, (params.store, params.view))
    if seen.rest:
        raise BadArgument(f"`{seen.rest[0]}` is one word too many after {seen.view}.")
    arguments: JsonObject = {"datastore": seen.store, "database": params.database}
    if seen.view == _MONITOR:
        arguments["seconds"] = params.seconds
    query = FactQuery(fact=f"keys.{seen.view}", args=arguments)
    return look(context, call, Look(stack, seen.store, query, params.page))


REDIS = Subcommand(
    name="redis",
    room=Room.SEE,
    summary="what goes on in a Redis: memory, big keys, clients, slow commands, persistence",
    examples=("redis harbor", "redis harbor redis bigkeys", "redis harbor monitor --seconds 3"),
    permission="read",
    params=RedisParams,
    handle=_handle,
    notes=(f"Views: {', '.join(_VIEWS)}. Values are never shown.",),
)
