"""Makes the tables, or brings them up to date, at start; two processes that start at once take
turns."""

from importlib import import_module
from pathlib import Path

import sqlalchemy as sa

from bot.store.audit import GENESIS
from bot.store.database import Database
from bot.store.tables import audit_head, metadata

MIGRATIONS = Path(__file__).parent / "migrations"
# Any number of ours will do; it names the lock among those of the same PostgreSQL database.
_ADVISORY_LOCK = 4_711_202_601
_STAMP = "alembic_version"


def migrate(database: Database) -> None:
    """Makes all tables of an empty database, or runs the migrations that are missing; all of it or
    nothing."""
    with database.write() as connection:
        if not database.sqlite:
            connection.execute(
                sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ADVISORY_LOCK}
            )
        stamp = _stamp(connection)
        if stamp is None:
            _make(connection)
        elif stamp != newest_revision():
            # Alembic is large, and a start with nothing to migrate is the usual one.
            import_module("bot.store.upgrade").upgrade(connection, MIGRATIONS)


def newest_revision() -> str:
    """The revision that the newest migration leads to: its file's name begins with it."""
    return max(file.name for file in (MIGRATIONS / "versions").glob("*.py")).split("_", 1)[0]


def _stamp(connection: sa.Connection) -> str | None:
    """The revision that the tables are at; None in an empty database."""
    if not sa.inspect(connection).has_table(_STAMP):
        return None
    stamp: str | None = connection.execute(
        sa.select(sa.column("version_num")).select_from(sa.table(_STAMP))
    ).scalar_one_or_none()
    return stamp


def _make(connection: sa.Connection) -> None:
    """The tables as all migrations one after the other would leave them."""
    metadata.create_all(connection, checkfirst=False)
    connection.execute(audit_head.insert(), {"id": 1, "number": 0, "hash": GENESIS})
    versions = sa.Table(
        _STAMP, sa.MetaData(), sa.Column("version_num", sa.String(32), primary_key=True)
    )
    versions.create(connection, checkfirst=False)
    connection.execute(versions.insert(), {"version_num": newest_revision()})
