"""`terminus STACK [STORE] [VIEW]` looks; `terminus create|delete STACK NAME` asks."""

from typing import Annotated

from commands.asking import Intent, Operation
from commands.grammar import Option, Word
from commands.lookup import stack_for
from commands.naming import Naming
from commands.paging import Paged
from commands.ports import Call, Context, Reply
from commands.see.insight import SECONDS, Kind, Look, chosen, look
from commands.subcommand import Room, Subcommand
from notifiers.views.naming import AtStake
from playbooks.errors import BadArgument, UnknownName
from playbooks.model.facts import FactQuery
from playbooks.model.insight import Insight
from playbooks.model.people import Permission
from playbooks.model.stack import Stack
from playbooks.operations.terminus import TerminusParams, checked_name

_DELETE = "delete"
_VERBS = ("create", _DELETE)
_VIEWS = ("status", "databases", "size", "connections")
_KIND = Kind("terminus", "TerminusDB", ("terminusdb",), _VIEWS)


class TerminusWords(Paged):
    """What to look at, or which database to make or delete."""

    first: Annotated[str, Word("STACK|create|delete", "a stack, or what is to be done")]
    second: Annotated[str | None, Word("STACK|VIEW", "a stack, a store or a view")] = None
    third: Annotated[str | None, Word("NAME|VIEW", "a database, or a view")] = None
    fourth: Annotated[str | None, Word("NAME", "a database, where the store was named")] = None
    without_backup: Annotated[bool, Option("delete without a backup before it")] = False


def _handle(context: Context, call: Call, params: TerminusWords) -> Reply:
    if params.first.lower() in _VERBS:
        return _OPERATION.ask(context, call, params)
    stack = stack_for(context, call, params.first, "read")
    seen = chosen(_KIND, stack, (params.second, params.third))
    if seen.rest or params.fourth:
        raise BadArgument(f"`{seen.rest[0] if seen.rest else params.fourth}` is one word too many.")
    view = "overview" if seen.view == "status" else seen.view
    query = FactQuery(fact=f"terminus.{view}", args={"datastore": seen.store})
    return look(context, call, Look(stack, seen.store, query, params.page))


def _locate(context: Context, call: Call, params: TerminusWords, permission: Permission) -> Stack:
    if params.first.lower() not in _VERBS or params.second is None:
        raise BadArgument(
            "Only create and delete are asked for, of a stack.",
            "For example: `/ops terminus create harbor papers`",
        )
    return stack_for(context, call, params.second, permission)


def _intend(_context: Context, stack: Stack, params: TerminusWords) -> Intent:
    words = [word for word in (params.third, params.fourth) if word]
    if not words:
        raise BadArgument(f"Which database? `/ops terminus {params.first} {stack.name} NAME`")
    named = words[:-1]
    store = chosen(_KIND, stack, named).store
    given = TerminusParams(
        datastore=store, database=checked_name(words[-1]), backup=not params.without_backup
    )
    return Intent(f"terminus-{params.first.lower()}", stack, given)


def _no_database(params: TerminusWords) -> bool:
    """A delete that names a stack and nothing else."""
    return params.first.lower() == _DELETE and bool(params.second) and not params.third


def _about_to_delete(context: Context, call: Call, params: TerminusWords) -> AtStake:
    stack = _locate(context, call, params, "ask")
    store = chosen(_KIND, stack, ()).store
    query = FactQuery(fact="terminus.databases", args={"datastore": store})
    facts = context.facts.read(stack, [query], within=SECONDS)
    rows = Insight.model_validate(facts.of(query)).tables[0].rows
    names = tuple(row[0].rpartition("/")[2] for row in rows)
    if not names:
        raise UnknownName(f"{stack.name}/{store} has no database.")
    kept = () if params.without_backup else ("A backup of the whole store, made first.",)
    return AtStake(
        "Delete a database",
        f"DELETE a database of {stack.environment}/{stack.name} {store}",
        (f"One of {', '.join(names)}, with everything in it.",),
        names,
        (*kept, "All other databases."),
    )


_OPERATION = Operation(locate=_locate, intend=_intend)

TERMINUS = Subcommand(
    name="terminus",
    room=Room.SEE,
    summary="what goes on in a TerminusDB; create and delete databases of it",
    examples=(
        "terminus harbor",
        "terminus harbor databases",
        "terminus create harbor papers",
        "terminus delete harbor papers",
    ),
    permission="read",
    params=TerminusWords,
    handle=_handle,
    operation=_OPERATION,
    notes=(
        f"Views: {', '.join(_VIEWS)}.",
        "A delete backs the whole store up first, unless it is told --without-backup. Without a "
        "name a window shows which databases there are, and asks for one.",
    ),
    naming=Naming(left_out=_no_database, at_stake=_about_to_delete),
)
