"""What the bot remembers of backups: `playbooks.ports.Past` over the journal."""

import sqlalchemy as sa

from bot.store import journal
from bot.store.database import Database


class JournaledPast:
    """Published is what a finished publishing step says; where to, the beginning of its run."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def backup_in(self, stack: str, repository: str) -> str | None:
        with self._database.read() as connection:
            return self._newest(connection, stack, repository)

    def _newest(self, connection: sa.Connection, stack: str, repository: str) -> str | None:
        for backup, begun in journal.published(connection, stack):
            if begun.get("args", {}).get("repository") == repository:
                return backup
        return None
