"""pgBackRest in a server's container: what it has archived, and backups that it makes."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from playbooks.datastores.postgres_model import ArchivedBackup
from playbooks.errors import HostError
from playbooks.hosts.containers.tool import ContainerTool, output_in
from playbooks.hosts.postgres.connection import Connection
from playbooks.hosts.postgres.contained_store import ContainedStore
from playbooks.model.base import Model
from playbooks.model.datastores import PgBackRest, PostgresStore

_LOOK_SECONDS = 0.5
_QUIET = ("--log-level-console=off", "--log-level-stderr=error", "--log-level-file=off")
# What there is of the stanza does not fit the server's identifier.
_ANOTHER_SERVER = "[028]"
_ARCHIVER = """
    SELECT current_setting('archive_mode'), last_archived_time, last_failed_time, last_failed_wal
    FROM pg_stat_archiver
"""


class Archiver(Model):
    """What the server says of its archiving. `problem` is why the archive does not grow."""

    last: datetime | None
    problem: str = ""


@dataclass(frozen=True)
class ArchiveTool:
    """pgBackRest as it is called in the container, by whoever owns the data folder."""

    store: ContainedStore
    archive: PgBackRest
    data: str

    def backups(self) -> tuple[ArchivedBackup, ...]:
        """Oldest first; nothing where the stanza was not made yet. Raises HostError."""
        said = json.loads(self._output("info", "--output=json"))
        found: list[dict[str, Any]] = [each for stanza in said for each in stanza["backup"]]
        return tuple(
            ArchivedBackup(
                label=each["label"],
                kind=each["type"],
                until=datetime.fromtimestamp(each["timestamp"]["stop"], UTC),
            )
            for each in found
            if not each.get("error")
        )

    def create_stanza(self) -> None:
        """Idempotent. A server that was made anew goes on with the archive of the one before it,
        whose moments stay. Raises HostError."""
        try:
            self._output("stanza-create", *self._server())
        except HostError as error:
            if _ANOTHER_SERVER not in error.message:
                raise
            self._output("stanza-upgrade", *self._server())

    def back_up(self, each: Callable[[], None]) -> ArchivedBackup:
        """Makes a backup, a full one when it is time, and lets go what is not to be kept.

        `each` is called while it is made. Raises HostError with pgBackRest's own words.
        """
        kind = "full" if self._full_is_due(self.backups()) else "diff"
        argv = (
            *self._argv("backup", *self._server()),
            f"--type={kind}",
            "--start-fast",
            f"--repo1-retention-full={self.archive.keep_full}",
        )
        with ContainerTool(self.store.container, argv, {}, self._owner()) as tool:
            tool.wait(each, _LOOK_SECONDS)
            tool.finish()
        return self.backups()[-1]

    def _full_is_due(self, known: tuple[ArchivedBackup, ...]) -> bool:
        full = [backup.until for backup in known if backup.kind == "full"]
        # Some minutes early: a weekly schedule is not to slip to the following week.
        early = min(timedelta(minutes=30), self.archive.full_every / 10)
        return not full or datetime.now(UTC) - max(full) >= self.archive.full_every - early

    def _output(self, command: str, *options: str) -> bytes:
        argv = self._argv(command, *options)
        return output_in(self.store.container, argv, {}, self._owner())

    def _argv(self, command: str, *options: str) -> tuple[str, ...]:
        return ("pgbackrest", f"--stanza={self.archive.stanza}", *_QUIET, *options, command)

    def _server(self) -> tuple[str, ...]:
        return (
            f"--pg1-path={self.data}",
            f"--pg1-port={self.store.inside_port}",
            f"--pg1-user={self.store.user}",
        )

    def _owner(self) -> str:
        return owner_of(self.store, self.data)


def archive_tool(store: PostgresStore, data: str) -> ArchiveTool:
    """Raises HostError where the server runs in no container or has no archive."""
    if store.archive is None or not isinstance(store, ContainedStore):
        raise HostError(
            f"{store.database!r} has no archive that can be used here.",
            "`archive` needs a server in a container of the stack.",
        )
    return ArchiveTool(store, store.archive, data)


def owner_of(store: ContainedStore, data: str) -> str:
    """The numeric user of the data folder in the container."""
    return output_in(store.container, ("stat", "-c", "%u", data), {}).decode().strip()


def archiver(session: Connection, archive: PgBackRest) -> Archiver:
    """Whether the write-ahead log reaches the archive."""
    command = session.execute("SHOW archive_command").fetchone()
    row = session.execute(_ARCHIVER).fetchone()
    if row is None or command is None:
        return Archiver(last=None, problem="the server says nothing of its archiving")
    mode, last, failed, wal = row
    if mode == "off":
        return Archiver(last=last, problem="archive_mode is off")
    if "pgbackrest" not in command[0] or archive.stanza not in command[0]:
        why = f"archive_command does not push to the stanza {archive.stanza}"
        return Archiver(last=last, problem=why)
    if failed is not None and (last is None or failed > last):
        return Archiver(last=last, problem=f"archiving {wal} failed at {failed:%Y-%m-%d %H:%M:%S}")
    return Archiver(last=last)
