"""Brings the tables up to date at start; two processes that start at once take turns."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from bot.store.database import Database

# Any number of ours will do; it names the lock among those of the same PostgreSQL database.
_ADVISORY_LOCK = 4_711_202_601


def migrate(database: Database) -> None:
    """Runs the migrations that are missing, all of them or none."""
    with database.write() as connection:
        if not database.sqlite:
            connection.execute(
                sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ADVISORY_LOCK}
            )
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
