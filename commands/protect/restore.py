"""`restore STACK DATASTORE [latest|ID|TIME] [--beside|--undo]`."""

from typing import Annotated, Self

from pydantic import model_validator

from commands.asking import Intent, Operation
from commands.grammar import Option, Word
from commands.lookup import datastore_of, stack_for
from commands.names import found
from commands.ports import Call, Context, Dossier, Reply
from commands.protect.bringing import from_file, from_stack, locate_other
from commands.protect.known import meant
from commands.subcommand import Room, Subcommand
from playbooks.datastores.protocol import RestoreParams
from playbooks.errors import BadArgument, UnknownName
from playbooks.model.base import Model
from playbooks.model.datastores import PostgresAccess, PostgresServerStore
from playbooks.model.people import Permission
from playbooks.model.plan import Plan
from playbooks.model.request import RequestState
from playbooks.model.stack import Stack
from playbooks.repository.moments import moment

_LATEST = "latest"
_LOOK_BACK = 200


class RestoreWords(Model):
    """What to restore, from which backup, and how far."""

    stack: Annotated[str, Word("STACK", "the name of a stack")]
    datastore: Annotated[str, Word("DATASTORE", "one of its datastores")]
    backup: Annotated[
        tuple[str, ...],
        Word(
            "latest|ID|TIME",
            "`latest`, the id of a backup, or a time (its newest backup as of then, or with an "
            "archive that very moment); after `--undo` the id of the restore, or nothing for the "
            "newest",
            rest=True,
        ),
    ] = ()
    beside: Annotated[bool, Option("stop before the swap: the copy stays beside the live data")] = (
        False
    )
    undo: Annotated[bool, Option("put back what an earlier restore replaced")] = False
    database: Annotated[
        str, Option("only one database of a whole server", "the name of a database", "NAME")
    ] = ""
    from_: Annotated[
        str,
        Option(
            "take in a file or folder first: a path below `backup.incoming`, or a file of Slack",
            "a path, or the id or link of a file in Slack",
            "FILE",
        ),
    ] = ""
    into: Annotated[
        str,
        Option("take the backup into another stack first", "the name of another stack", "OTHER"),
    ] = ""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.beside and self.undo:
            raise ValueError("`--beside` and `--undo` exclude each other; give one of them.")
        if (self.from_ or self.into) and (self.beside or self.undo or self.database):
            raise ValueError(
                "`--from` and `--into` only take a backup in; restore it by its id afterwards."
            )
        if self.from_ and (self.into or self.backup):
            raise ValueError("`--from` says which backup it is; leave the other one out.")
        return self

    @property
    def wanted(self) -> str:
        return " ".join(self.backup)


def _locate(context: Context, call: Call, params: RestoreWords, permission: Permission) -> Stack:
    if params.into:
        return locate_other(context, call, params.stack, params.into, permission)
    return stack_for(context, call, params.stack, permission)


def _intend(context: Context, stack: Stack, params: RestoreWords) -> Intent:
    if params.into:
        source = found(context.stacks, params.stack, "stack")
        return from_stack(context, stack, source, params.datastore, params.wanted or _LATEST)
    if params.from_:
        return from_file(context, stack, params.datastore, params.from_)
    datastore, _ = datastore_of(stack, params.datastore)
    _require_server(stack, datastore, params.database)
    if params.undo:
        run = _kept_by(context, stack, datastore, params.wanted)
        return Intent("restore", stack, _params(datastore, run, "undo", params.database))
    backup = meant(context, stack, params.wanted or _LATEST, datastore).id
    mode = "beside" if params.beside else "swap"
    meaning = _params(datastore, backup, mode, params.database)
    return Intent("restore", stack, _at_the_moment(context, stack, meaning, params.wanted))


def _params(datastore: str, backup: str, mode: str, database: str) -> RestoreParams:
    return RestoreParams.model_validate(
        {"datastore": datastore, "backup": backup, "mode": mode, "database": database}
    )


def _at_the_moment(
    context: Context, stack: Stack, meaning: RestoreParams, wanted: str
) -> RestoreParams:
    """Where the datastore has an archive a time means that very moment, not the backup before."""
    store = stack.datastore(meaning.datastore)
    if not isinstance(store, PostgresAccess) or store.archive is None:
        return meaning
    found = moment(wanted, context.now()) if wanted else None
    return meaning.model_copy(update={"at": found.instant}) if found else meaning


def _require_server(stack: Stack, datastore: str, database: str) -> None:
    if database and not isinstance(stack.datastore(datastore), PostgresServerStore):
        raise BadArgument(
            f"{stack.name} {datastore} is no server with several databases.",
            "Leave `--database` out.",
        )


def _kept_by(context: Context, stack: Stack, datastore: str, wanted: str) -> str:
    """The id of the restore to undo: the one that is named, else the newest that replaced data."""
    named = "" if wanted.lower() == _LATEST else wanted.lower()
    known = context.history.dossiers(
        stack=stack.name, states=(RequestState.APPROVED,), limit=_LOOK_BACK
    )
    restores = {
        each.request.id: _keeper(stack, datastore, each)
        for each in known
        if _exchanges(each.request.plan, datastore) and _replaced_data(each)
    }
    if named in restores:
        return restores[named]
    if restores and not named:
        return next(iter(restores.values()))
    which = f"{named!r} is no restore of {stack.name} {datastore} that replaced it."
    raise UnknownName(
        which if named else f"No restore of {stack.name} {datastore} has replaced it yet.",
        f"`/ops runs {stack.name}` lists what was done.",
    )


def _exchanges(plan: Plan, datastore: str) -> bool:
    """Whether the plan puts other data in the place of the live ones of the datastore."""
    if plan.operation == "recover":
        return datastore in plan.params["backups"]
    mine = plan.operation == "restore" and plan.params.get("datastore") == datastore
    return mine and plan.params.get("mode") != "beside"


def _replaced_data(dossier: Dossier) -> bool:
    """Whether it is over and went past its point of no return; it may have been given up there."""
    run, last = dossier.run, dossier.request.plan.point_of_no_return
    if run is None or last is None or not run.state.ended:
        return False
    return all(s.state == "done" for s in run.steps if s.phase == "do" and s.stage <= last)


def _keeper(stack: Stack, datastore: str, dossier: Dossier) -> str:
    """The run under whose name the data is kept that this restore replaced.

    The undo of what lies in folders exchanges it with the kept copy, which stays where it is; the
    undo of a PostgreSQL database keeps what it replaced under its own name.
    """
    params = dossier.request.plan.params
    renamed = isinstance(stack.datastores[datastore], PostgresAccess)
    if params.get("mode") == "undo" and not renamed:
        return str(params["backup"])
    return dossier.request.id


def _ask(context: Context, call: Call, params: RestoreWords) -> Reply:
    """A file that came with the mention, or opened its thread, is what is meant to be restored."""
    if not (params.backup or params.from_ or params.into or params.undo):
        file = _attached(context, call)
        if file:
            return OPERATION.ask(context, call, params.model_copy(update={"from_": file}))
    return OPERATION.ask(context, call, params)


def _attached(context: Context, call: Call) -> str:
    files = call.files or (
        context.uploads.opening(call.channel, call.thread_ts) if call.thread_ts else ()
    )
    if len(files) > 1:
        raise BadArgument(
            f"There are {len(files)} files here.", "Say which one: `--from` and its link."
        )
    return files[0] if files else ""


OPERATION = Operation(locate=_locate, intend=_intend)

RESTORE = Subcommand(
    name="restore",
    room=Room.PROTECT,
    summary="bring a datastore back to a backup; the replaced data is kept for an undo",
    examples=(
        "restore harbor postgres latest",
        'restore harbor postgres "today 02:00"',
        "restore harbor postgres 20261122-010203-k3f9q2 --beside",
        "restore harbor postgres --undo",
        "restore arc postgres --database kratos",
        "restore harbor uploads --from uploads.tar.zst",
        "restore harbor postgres latest --into harbor-staging",
    ),
    notes=(
        "`--from` and `--into` make a backup of what is brought, verified as any other; the card "
        "says how it is restored then. Another stack's data need an entry in policy's `across`.",
        "`@interlock restore STACK DATASTORE` with a file, or under one, takes in that file.",
    ),
    permission="ask",
    params=RestoreWords,
    handle=_ask,
    operation=OPERATION,
)
