"""`backups STACK`, `backups show ID`, `backups verify ID`, `backups get ID [DATASTORE]`."""

from typing import Annotated

from commands.asking import Intent, Operation
from commands.grammar import Word
from commands.lookup import stack_for, stacks_open_to
from commands.names import found
from commands.paging import Paged, page
from commands.ports import Call, Context, Reply
from commands.protect.copies import copies_blocks
from commands.protect.known import holder, listing
from commands.protect.shown import backup_blocks, download_blocks, listing_blocks, places_of
from commands.subcommand import Room, Subcommand
from notifiers.views.text import plural
from playbooks.errors import BadArgument
from playbooks.model.facts import FactQuery
from playbooks.model.people import Permission
from playbooks.model.stack import Stack
from playbooks.operations.verify import VerifyParams
from playbooks.repository.manifest import Manifest


class BackupsParams(Paged):
    """A stack's name; or `show`, `verify` or `get` and the id of a backup."""

    what: Annotated[
        str, Word("STACK|show|verify|get", "the name of a stack, or `show`, `verify` or `get`")
    ]
    id: Annotated[str | None, Word("ID", "the id of a backup, after such a word")] = None
    datastore: Annotated[
        str | None, Word("DATASTORE", "after `get`: one datastore of the backup; all without")
    ] = None


def _handle(context: Context, call: Call, params: BackupsParams) -> Reply:
    if params.datastore is not None and params.what != "get":
        raise BadArgument(
            f"`{params.datastore}` is one word too many.",
            "`/ops backups get ID DATASTORE` gets the files of one datastore.",
        )
    match params.what:
        case "get":
            return _get(context, call, params)
        case "show":
            return _show(context, call, params)
        case "verify":
            _wanted(params)
            return OPERATION.ask(context, call, params)
        case _:
            return _list(context, call, params)


def _list(context: Context, call: Call, params: BackupsParams) -> Reply:
    if params.id is not None:
        raise BadArgument(
            f"`{params.id}` is one word too many.",
            f"`/ops backups {params.what}` lists, `/ops backups show ID` shows one.",
        )
    stack = stack_for(context, call, params.what, "read")
    known = listing(context, stack)
    title = f"{stack.environment}/{stack.name}: {plural(len(known.backups), 'backup')}"
    content = listing_blocks(stack, known, title, context.now())
    content += copies_blocks(context, stack)
    return Reply(body=page(title, content, params.page, f"backups {stack.name}"))


def _show(context: Context, call: Call, params: BackupsParams) -> Reply:
    stack, summary = holder(context, stacks_open_to(context, call, "read"), _wanted(params))
    query = FactQuery(fact="repository.backup", args={"backup": summary.id})
    fact = context.facts.read(stack, [query]).of(query)
    manifest = Manifest.model_validate(fact["manifest"])
    title = f"Backup {manifest.id} of {stack.environment}/{stack.name}"
    places = places_of(stack, listing(context, stack), manifest.id)
    content = backup_blocks(manifest, summary.problem, title, context.now(), places)
    return Reply(body=page(title, content, params.page, f"backups show {manifest.id}"))


def _get(context: Context, call: Call, params: BackupsParams) -> Reply:
    stack, summary = holder(context, stacks_open_to(context, call, "read"), _wanted(params))
    store = params.datastore and found(summary.stores, params.datastore, "datastore", summary.id)
    name = params.datastore if store else None
    what = f"backup {summary.id}, {name or 'all of it'}"
    context.access.grant(call.actor, "download", stack, what)
    query = FactQuery(fact="repository.download", args={"backup": summary.id, "datastore": name})
    fact = context.facts.read(stack, [query]).of(query)
    title = f"Files of backup {summary.id} of {stack.environment}/{stack.name}"
    return Reply(body=page(title, download_blocks(fact, title), 1, f"backups get {summary.id}"))


def _wanted(params: BackupsParams) -> str:
    if params.id is None:
        raise BadArgument(
            "ID is missing: the id of a backup.",
            f"`/ops backups STACK` lists them; then `/ops backups {params.what} ID`.",
        )
    return params.id


def _locate(context: Context, call: Call, params: BackupsParams, permission: Permission) -> Stack:
    if params.what != "verify":
        raise BadArgument(
            f"`backups {params.what}` only reads; there is nothing to plan.",
            "`/ops plan backups verify ID` plans a check.",
        )
    stack, _ = holder(context, stacks_open_to(context, call, "read"), _wanted(params))
    context.access.require(call.actor, permission, stack)
    return stack


def _intend(context: Context, stack: Stack, params: BackupsParams) -> Intent:
    _, summary = holder(context, {stack.name: stack}, _wanted(params))
    return Intent("verify", stack, VerifyParams(backup=summary.id))


OPERATION = Operation(locate=_locate, intend=_intend)

BACKUPS = Subcommand(
    name="backups",
    room=Room.PROTECT,
    summary="list a stack's backups, show one, verify one by reading all of it, or get its files",
    examples=(
        "backups harbor",
        "backups show 20261122-010203-k3f9q2",
        "backups verify 20261122-010203-k3f9q2",
        "backups get 20261122-010203-k3f9q2 postgres",
    ),
    notes=(
        "`get` needs the permission `download` and is audited. It gives links that work for some "
        "minutes, or paths where the repository is a folder. Files stay sealed as they are.",
    ),
    permission="read",
    params=BackupsParams,
    handle=_handle,
    operation=OPERATION,
)
