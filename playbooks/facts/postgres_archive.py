"""What a server's archive can bring back. Reading changes nothing."""

from datetime import datetime
from typing import Any

from playbooks.datastores.postgres_model import ArchivedBackup, ArchiveFact
from playbooks.errors import ActionFailed, FactUnavailable
from playbooks.facts.postgres_reading import TAG, OneDatastore
from playbooks.hosts.postgres.connection import connected, postgres_store
from playbooks.hosts.postgres.pgbackrest import Archiver, archive_tool, archiver
from playbooks.model.base import JsonObject
from playbooks.ports import Reading
from playbooks.registry import Reader

_SERVER = """
    SELECT current_setting('data_directory'), (SELECT sum(pg_database_size(oid)) FROM pg_database)
"""


def read_archive(reading: Reading, args: OneDatastore) -> JsonObject:
    """An `ArchiveFact`."""
    try:
        store = postgres_store(reading.stack, args.datastore)
        if store.archive is None:
            raise FactUnavailable(f"{reading.stack.name}/{args.datastore} has no archive")
        with connected(store, reading.secrets, TAG) as session:
            row = session.execute(_SERVER).fetchone()
            grows = archiver(session, store.archive)
        folder, size = row if row else ("", 0)
        backups = archive_tool(store, str(folder)).backups()
    except ActionFailed as error:
        raise FactUnavailable(str(error)) from error
    return ArchiveFact(
        since=min((backup.until for backup in backups), default=None),
        until=_until(reading.now, grows, backups),
        backups=backups,
        problem=grows.problem,
        server_bytes=int(size),
    ).model_dump(mode="json")


def _until(now: datetime, grows: Archiver, backups: tuple[ArchivedBackup, ...]) -> datetime | None:
    """What is not archived yet is archived before a restore, as long as the archive grows."""
    if not backups:
        return None
    return grows.last if grows.problem else now


ARCHIVE_READERS: tuple[Reader[Any], ...] = (Reader("postgres.archive", OneDatastore, read_archive),)
