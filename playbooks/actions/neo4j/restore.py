"""Restoring a server's databases: loaded beside the live ones, checked, exchanged, kept.

Only the exchange needs the server down; loading and checking happen in helpers, in a data folder of
their own in the same volume.
"""

from pathlib import Path

from playbooks.actions.beside import not_exchanged
from playbooks.actions.helpers import clear_all
from playbooks.actions.neo4j.dump import last_transaction
from playbooks.actions.neo4j.loading import INTO, archive, dumps_of
from playbooks.byhand import neo4j as by_hand
from playbooks.datastores.neo4j_model import Contents, Noted, neo4j_store
from playbooks.errors import (
    ActionFailed,
    BrokenBackup,
    DatastoreError,
    OutcomeUnknown,
    SecretUnavailable,
)
from playbooks.folders.places import OWN_PREFIX
from playbooks.hosts.composed import ComposedService
from playbooks.hosts.containers.helper import helper, output_of
from playbooks.hosts.neo4j import scripts
from playbooks.hosts.neo4j.cypher import PATIENT_SECONDS, noted
from playbooks.hosts.neo4j.server import Server, server_of, stopped_server
from playbooks.hosts.neo4j.state import folders, reach
from playbooks.hosts.neo4j.tools import check_argv, load_argv, one_after_the_other
from playbooks.model.base import JsonObject, Model
from playbooks.ports import Work
from playbooks.registry import Action, Probe

_EVERY_SECONDS = 0.5


class StoreArgs(Model):
    """A datastore of kind neo4j."""

    datastore: str


class LoadArgs(Model):
    """`files` are those of `repository.fetch`, path by plain name; `version` that of the tools."""

    datastore: str
    version: str
    files: dict[str, Path]


class CheckArgs(Model):
    """`transaction` is the last committed one of the backup, None where that is not known;
    `version` is that of the tools."""

    datastore: str
    version: str
    transaction: int | None


class ExchangeArgs(Model):
    """`run` is the run that made the copy: this one, or, to undo, an earlier one. `incoming` and
    `outgoing` are names of contents: `restored` and `original`."""

    datastore: str
    run: str
    incoming: str
    outgoing: str


class CompareArgs(Model):
    """`contents` is what the backup holds, None where it was not counted."""

    datastore: str
    contents: Contents | None


def provide(work: Work, args: StoreArgs) -> JsonObject:
    """Makes the service's container with its volumes, not started, unless it is there. `{made}`."""
    store = neo4j_store(work.stack, args.datastore)
    service = work.stack.container_of(store.service)
    compose = work.stack.compose_of(store.service)
    if compose is None or service is None:
        raise DatastoreError(f"{work.stack.name}/{store.service} runs in no container.")
    composed = ComposedService(compose, service)
    made = not composed.containers()
    composed.create()
    return {"made": made}


def load(work: Work, args: LoadArgs) -> JsonObject:
    """Loads the dumps into a data folder beside the live one. `{side}`. Repeating starts afresh.

    Raises BrokenBackup when a dump is missing, HostError, NoSpace.
    """
    server = server_of(work.stack, args.datastore)
    dumps = dumps_of(server.store, args.datastore, args.files)
    side = server.side(work.run)
    output_of(server.as_root(work.run, scripts.MAKE_SIDE, (work.run,)))
    commands = [load_argv(args.version, database) for database in server.store.databases]
    order = server.as_itself(
        work.run,
        one_after_the_other(commands),
        server.settings_for(args.version, side),
    )
    with helper(order) as made:
        made.put(INTO, archive(dumps, work))
        with made.tool() as tool:
            tool.wait(work.check_stop, _EVERY_SECONDS)
            tool.finish()
    return {"side": side}


def remove_side(work: Work, args: StoreArgs) -> JsonObject:
    """Removes what `neo4j.load` made, and never what was live before. `{removed}`."""
    clear_all(work)
    server = server_of(work.stack, args.datastore)
    said = output_of(server.as_root(work.run, scripts.REMOVE_SIDE, (work.run,)))
    return {"removed": said.strip() == b"removed"}


def check(work: Work, args: CheckArgs) -> JsonObject:
    """Has the server's own tool read all that was loaded, and sees that it is the backup's.

    `{transaction}`. Raises HostError when it is not consistent, BrokenBackup when it is another.
    """
    server = server_of(work.stack, args.datastore)
    side = server.side(work.run)
    commands = [check_argv(args.version, database) for database in server.store.databases]
    order = server.as_itself(
        work.run, one_after_the_other(commands), server.settings_for(args.version, side)
    )
    with helper(order) as made, made.tool() as tool:
        tool.wait(work.check_stop, _EVERY_SECONDS)
        tool.finish()
    database = server.store.database
    last = last_transaction(work, server, args.version, database, side)
    if args.transaction is not None and last != args.transaction:
        raise BrokenBackup(
            f"{database} was loaded up to transaction {last}, and its backup ends with "
            f"{args.transaction}."
        )
    return {"transaction": last}


def exchange(work: Work, args: ExchangeArgs) -> JsonObject:
    """Makes what is beside live, and keeps what was live beside. `{kept}`. Goes on from wherever
    an earlier attempt had come. Raises DatastoreError while the server runs."""
    server = stopped_server(work.stack, args.datastore)
    _bring(work, server, args.run, args.incoming, args.outgoing)
    return _kept(server, args.run, args.outgoing)


def exchange_back(work: Work, args: ExchangeArgs) -> JsonObject:
    """The undo of `neo4j.exchange`, from wherever it had come. `{kept}`."""
    server = server_of(work.stack, args.datastore)
    if reach(server, work.run, args.run, args.incoming, args.outgoing) in {"halfway", "after"}:
        server = stopped_server(work.stack, args.datastore)
        _bring(work, server, args.run, args.outgoing, args.incoming)
        if args.run == work.run:
            output_of(server.as_root(work.run, scripts.UNTOUCHED, (args.run,)))
    return _kept(server, args.run, args.incoming)


def is_exchanged(work: Work, args: ExchangeArgs) -> JsonObject:
    """Probe of `neo4j.exchange`."""
    server = server_of(work.stack, args.datastore)
    now = reach(server, work.run, args.run, args.incoming, args.outgoing)
    if now == "after":
        kept = _kept(server, args.run, args.outgoing)
        return Probe(state="done", output=kept).model_dump()
    return not_exchanged(now, f"{server.store.folder}/{OWN_PREFIX}{args.run} holds nothing")


def compare(work: Work, args: CompareArgs) -> JsonObject:
    """After the start: what is in the database now, against the backup.

    `{nodes, relationships, warnings}`. Services write again by now, so a difference is said and
    is no failure; neither is a server that is stopped or does not answer.
    """
    server = server_of(work.stack, args.datastore)
    if not server.container.up:
        return {"warnings": []}
    try:
        now = noted(server.store, server.container, work.secrets, PATIENT_SECONDS)
    except (ActionFailed, SecretUnavailable) as error:
        now = Noted(why=error.message.rstrip("."))
    if now.contents is None:
        return {"warnings": [f"What is in {args.datastore} now was not counted: {now.why}."]}
    found = {"nodes": now.contents.nodes, "relationships": now.contents.relationships}
    return {**found, "warnings": _differences(args.datastore, args.contents, now.contents)}


def _differences(name: str, wanted: Contents | None, now: Contents) -> list[str]:
    if wanted is None:
        return []
    counts = (
        ("nodes", wanted.nodes, now.nodes),
        ("relationships", wanted.relationships, now.relationships),
    )
    said = [
        f"{name} has {found:,} {what}, and the backup has {had:,}: something writes to it, or look."
        for what, had, found in counts
        if had != found
    ]
    missing = {*wanted.constraints, *wanted.indexes} - {*now.constraints, *now.indexes}
    return said + [f"{name} lacks what the backup has: {each}." for each in sorted(missing)]


def _bring(work: Work, server: Server, run: str, incoming: str, outgoing: str) -> None:
    words = (run, incoming, outgoing, *folders(server))
    output_of(server.as_root(work.run, scripts.EXCHANGE, words))
    now = reach(server, work.run, run, incoming, outgoing)
    if now != "after":
        raise OutcomeUnknown(
            f"The exchange of {server.name} is {now}.",
            f"Look at {server.store.folder}/{OWN_PREFIX}{run} in the container.",
        )


def _kept(server: Server, run: str, part: str) -> JsonObject:
    return {"kept": f"{server.store.folder}/{OWN_PREFIX}{run}/{part}"}


RESTORE_ACTIONS = (
    Action("neo4j.provide", StoreArgs, provide, by_hand.provide),
    Action("neo4j.load", LoadArgs, load, by_hand.load),
    Action("neo4j.remove_side", StoreArgs, remove_side, by_hand.remove_side),
    Action("neo4j.check", CheckArgs, check, by_hand.check),
    Action("neo4j.exchange", ExchangeArgs, exchange, by_hand.exchange),
    Action("neo4j.exchange_back", ExchangeArgs, exchange_back, by_hand.exchange_back),
    Action("neo4j.is_exchanged", ExchangeArgs, is_exchanged, by_hand.is_exchanged),
    Action("neo4j.compare", CompareArgs, compare, by_hand.compare),
)
