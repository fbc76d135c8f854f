"""What the bot remembers: `playbooks.ports.Past` over the journal, the runs and maintenance."""

from collections.abc import Sequence

import sqlalchemy as sa

from bot.store import journal, maintenances, runs, watching
from bot.store.database import Database
from playbooks.model.window import UnderMaintenance, Window


class JournaledPast:
    """Published is what a finished publishing step says; where to, the beginning of its run."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def backup_in(self, stack: str, repository: str) -> str | None:
        with self._database.read() as connection:
            return self._newest(connection, stack, repository)

    def maintenance_of(self, stack: str) -> UnderMaintenance | None:
        with self._database.read() as connection:
            return maintenances.of(connection, stack)

    def windows_of(self, stack: str) -> Sequence[Window]:
        with self._database.read() as connection:
            return maintenances.planned(connection, stack)

    def going_on(self, stack: str) -> Sequence[str]:
        with self._database.read() as connection:
            return runs.going_on(connection, stack)

    def firing(self, stack: str) -> Sequence[str]:
        with self._database.read() as connection:
            found = watching.open_conditions(connection, stack)
        return [f"{each.service} {each.kind}: {each.detail}" for each in found]

    def _newest(self, connection: sa.Connection, stack: str, repository: str) -> str | None:
        for backup, begun in journal.published(connection, stack):
            if begun.get("args", {}).get("repository") == repository:
                return backup
        return None
