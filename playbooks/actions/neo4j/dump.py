"""Dumping a stopped server's databases, and noting beforehand what is in them."""

from time import monotonic

from playbooks.actions.storing import entry_of, store_stream
from playbooks.byhand import neo4j as by_hand
from playbooks.datastores.neo4j_model import (
    MEDIA,
    Contents,
    DumpFacts,
    Noted,
    dump_name,
)
from playbooks.errors import ActionFailed, DatastoreError, HostError, SecretUnavailable
from playbooks.hosts.containers.helper import helper, output_of
from playbooks.hosts.neo4j.cypher import PATIENT_SECONDS, noted
from playbooks.hosts.neo4j.server import Server, server_of, stopped_server
from playbooks.hosts.neo4j.state import look
from playbooks.hosts.neo4j.tools import dump_argv, info_argv, transaction_in
from playbooks.model.base import JsonObject, Model
from playbooks.ports import Work
from playbooks.registry import Action
from playbooks.repository.manifest import Artifact


class StoreArgs(Model):
    """A datastore of kind neo4j."""

    datastore: str


class DumpArgs(Model):
    """A datastore of kind neo4j, the id of the backup that is open, the version of the server's
    tools, and what `neo4j.note` gave."""

    datastore: str
    backup: str
    version: str
    noted: Noted


def note(work: Work, args: StoreArgs) -> JsonObject:
    """What is in the database while it still runs, a `Noted`. A server that does not run or does
    not answer is no failure: its backup is just not counted."""
    try:
        server = server_of(work.stack, args.datastore)
        if not server.container.up:
            return Noted(why="the server did not run").model_dump(mode="json")
        found = noted(server.store, server.container, work.secrets, PATIENT_SECONDS)
    except (ActionFailed, SecretUnavailable) as error:
        return Noted(why=error.message.rstrip(".")).model_dump(mode="json")
    return found.model_dump(mode="json")


def dump(work: Work, args: DumpArgs) -> JsonObject:
    """Stores the dumps of the database and of `system`. The output is its StoreEntry; its `facts`
    are a `DumpFacts`.

    Raises DatastoreError when the server runs, or was killed and has to recover first; HostError,
    NoSpace, RepositoryError.
    """
    began = monotonic()
    server = stopped_server(work.stack, args.datastore)
    seen = look(server, work.run)
    database = server.store.database
    last = last_transaction(work, server, args.version, database)
    artifacts = tuple(_stored(work, args, server, database) for database in server.store.databases)
    facts = DumpFacts(
        version=args.version,
        image=server.container.image,
        database=database,
        contents=_exactly(args.noted, last),
        transaction=last,
        data_bytes=seen.used_bytes,
    )
    return entry_of(args.datastore, "neo4j", artifacts, facts.model_dump(mode="json"), began)


def last_transaction(
    work: Work, server: Server, version: str, database: str, folder: str = ""
) -> int | None:
    """The last committed transaction of a stopped database in the server's data folder, or in
    `folder`. None where the tools do not say. Raises HostError."""
    settings = server.settings_for(version, folder) if folder else {}
    argv = info_argv(version, database, folder or server.store.folder)
    spoken = ("sh", "-c", 'exec "$@" >&3', "sh", *argv)
    order = server.as_itself(work.run, spoken, settings)
    return transaction_in(output_of(order).decode(errors="replace"))


def _stored(work: Work, args: DumpArgs, server: Server, database: str) -> Artifact:
    """Dumps come compressed."""
    name = dump_name(args.datastore, database)
    order = server.as_itself(work.run, dump_argv(args.version, database))
    with helper(order) as made, made.tool() as tool:
        try:
            return store_stream(
                work,
                args.backup,
                name,
                MEDIA,
                tool.chunks(),
                finish=tool.finish,
                compress=False,
            )
        except HostError as error:
            raise _explained(server, database, error) from error


def _explained(server: Server, database: str, error: HostError) -> Exception:
    said = error.message.lower()
    if "logical log" in said or "recovery" in said:
        return DatastoreError(
            f"{database} of {server.container.name} was not shut down cleanly and has to recover: "
            f"{error.message}",
            "Start it, let it come up, and ask again.",
        )
    return error


def _exactly(noted: Noted, dumped: int | None) -> Contents | None:
    """What was noted, when nothing was committed between that and the dump."""
    same = dumped is not None and noted.transaction == dumped
    return noted.contents if same else None


DUMP_ACTIONS = (
    Action("neo4j.note", StoreArgs, note, by_hand.note),
    Action("neo4j.dump", DumpArgs, dump, by_hand.dump),
)
