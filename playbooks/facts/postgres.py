"""Facts of a PostgreSQL datastore. Reading changes nothing in it."""

from typing import Any

from playbooks.datastores.postgres_model import KeptFact
from playbooks.errors import ActionFailed, FactUnavailable
from playbooks.facts.postgres_archive import ARCHIVE_READERS
from playbooks.facts.postgres_reading import TAG, OneDatastore, from_inside, from_outside
from playbooks.facts.postgres_server import SERVER_READERS
from playbooks.hosts.postgres import description
from playbooks.hosts.postgres.connection import administering, connected, postgres_store
from playbooks.hosts.postgres.kept import kept_by_runs, kept_copies
from playbooks.hosts.postgres.rows import Budget, count_rows, read_written
from playbooks.hosts.postgres.timescale import see_everything
from playbooks.model.base import JsonObject, Model
from playbooks.model.datastores import PostgresStore
from playbooks.ports import Reading
from playbooks.registry import Reader


class CountArgs(Model):
    """`run` counts the copy that run kept instead of the live database."""

    datastore: str
    seconds: float = 2.0
    run: str | None = None


def read_database(reading: Reading, args: OneDatastore) -> JsonObject:
    """A `DatabaseFact`: what there is now, and what would stand in the way of a restore."""
    try:
        store = postgres_store(reading.stack, args.datastore)
        with administering(store, reading.secrets, TAG) as admin:
            exists = description.database_oid(admin, store.database) is not None
            fact = from_outside(reading, admin, store)
        if exists:
            with connected(store, reading.secrets, TAG) as inside:
                fact = from_inside(inside, fact)
    except ActionFailed as error:
        raise FactUnavailable(str(error)) from error
    return fact.model_dump(mode="json")


def read_rows(reading: Reading, args: CountArgs) -> JsonObject:
    """A `Counted` and, under `written`, a `Written`. Budget in seconds."""
    try:
        store = postgres_store(reading.stack, args.datastore)
        database = store.database
        if args.run is not None:
            database = _kept_database(reading, args.datastore, args.run)
        with connected(store, reading.secrets, TAG, database) as connection:
            see_everything(connection)
            counted = count_rows(connection, Budget(args.seconds))
            written = read_written(connection)
    except ActionFailed as error:
        raise FactUnavailable(str(error)) from error
    return {**counted.model_dump(mode="json"), "written": written.model_dump(mode="json")}


def read_kept(reading: Reading, args: OneDatastore) -> JsonObject:
    """A `KeptFact`: what earlier restores set aside, newest first."""
    try:
        store = postgres_store(reading.stack, args.datastore)
        with administering(store, reading.secrets, TAG) as admin:
            one = isinstance(reading.stack.datastore(args.datastore), PostgresStore)
            copies = kept_copies(admin, store.database) if one else kept_by_runs(admin)
    except ActionFailed as error:
        raise FactUnavailable(str(error)) from error
    return KeptFact(copies=copies).model_dump(mode="json")


def _kept_database(reading: Reading, datastore: str, run: str) -> str:
    kept = KeptFact.model_validate(read_kept(reading, OneDatastore(datastore=datastore))).of(run)
    if kept is None:
        raise FactUnavailable(f"run {run} kept no copy of {datastore}")
    return kept.database


READERS: tuple[Reader[Any], ...] = (
    Reader("postgres.database", OneDatastore, read_database),
    Reader("postgres.rows", CountArgs, read_rows),
    Reader("postgres.kept", OneDatastore, read_kept),
    *ARCHIVE_READERS,
    *SERVER_READERS,
)
