"""Facts of a whole PostgreSQL server: its databases, one by one. Reading changes nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playbooks.datastores.postgres_model import DatabaseFact, ServerFact
from playbooks.datastores.postgres_stores import server_store
from playbooks.errors import ActionFailed, FactUnavailable
from playbooks.facts.postgres_reading import TAG, OneDatastore, from_inside, from_outside
from playbooks.hosts.postgres import description
from playbooks.hosts.postgres.connection import Connection, connected, postgres_store
from playbooks.hosts.postgres.kept import OwnDatabases, kept_by_runs, own_databases
from playbooks.hosts.postgres.rows import Budget, count_rows, read_written
from playbooks.hosts.postgres.timescale import see_everything
from playbooks.model.base import JsonObject
from playbooks.ports import Reading
from playbooks.registry import Reader


class ServerCountArgs(OneDatastore):
    """`seconds` are for all databases together; `run` counts the copies that run kept."""

    seconds: float = 3.0
    run: str | None = None


def read_server(reading: Reading, args: OneDatastore) -> JsonObject:
    """A `ServerFact`: the databases there are, and what would stand in the way of a restore."""
    found: dict[str, DatabaseFact] = {}
    with _answering(), _administering(reading, args.datastore) as admin:
        store = postgres_store(reading.stack, args.datastore)
        nowhere = from_outside(reading, admin, store)
        user = nowhere.user.model_copy(update={"acts_as_owner": True})
        own = own_databases(admin)
        for name in _wanted(reading, args.datastore, own):
            fact = nowhere.model_copy(update={"user": description.our_user(admin, name)})
            one = postgres_store(reading.stack, args.datastore, name)
            with connected(one, reading.secrets, TAG) as inside:
                found[name] = from_inside(inside, fact)
    return ServerFact(
        nowhere=nowhere.model_copy(update={"user": user}),
        databases=found,
        closed=own.closed,
        beside=own.beside,
        data_free_bytes=nowhere.data_free_bytes,
        data_device=nowhere.data_device,
        scratch_free_bytes=nowhere.scratch_free_bytes,
    ).model_dump(mode="json")


def read_rows(reading: Reading, args: ServerCountArgs) -> JsonObject:
    """`{databases: {NAME: answer of postgres.rows}}`, within one budget."""
    budget, counted = Budget(args.seconds), {}
    with _answering(), _administering(reading, args.datastore) as admin:
        for name, actual in _counted_databases(reading, admin, args).items():
            store = postgres_store(reading.stack, args.datastore, name)
            with connected(store, reading.secrets, TAG, actual) as inside:
                see_everything(inside)
                rows = count_rows(inside, budget).model_dump(mode="json")
                written = read_written(inside).model_dump(mode="json")
            counted[name] = {**rows, "written": written}
    return {"databases": counted}


def _counted_databases(
    reading: Reading, admin: Connection, args: ServerCountArgs
) -> dict[str, str]:
    """What they are called when live, and now."""
    if args.run is None:
        own = own_databases(admin)
        return {name: name for name in _wanted(reading, args.datastore, own)}
    return {
        copy.mark.database: copy.database
        for copy in kept_by_runs(admin)
        if copy.mark is not None and copy.run == args.run
    }


def _wanted(reading: Reading, datastore: str, own: OwnDatabases) -> tuple[str, ...]:
    """Which databases are backed up."""
    chosen = server_store(reading.stack, datastore).databases
    if chosen == "all":
        return own.open
    return tuple(name for name in chosen if name in {*own.open, *own.beside})


@contextmanager
def _administering(reading: Reading, datastore: str) -> Iterator[Connection]:
    store = postgres_store(reading.stack, datastore)
    with connected(store, reading.secrets, TAG) as admin:
        yield admin


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except ActionFailed as error:
        raise FactUnavailable(str(error)) from error


SERVER_READERS: tuple[Reader[Any], ...] = (
    Reader("postgres.server", OneDatastore, read_server),
    Reader("postgres.server_rows", ServerCountArgs, read_rows),
)
