"""What was sampled: `commands.ports.Trends` over the database."""

from collections.abc import Sequence
from datetime import datetime

from bot.store import samples
from bot.store.database import Database
from playbooks.model.trend import Sample


class StoredTrends:
    """Reads what the sampler kept."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def since(self, stack: str, moment: datetime) -> Sequence[Sample]:
        with self._database.read() as connection:
            return samples.since(connection, stack, moment)
