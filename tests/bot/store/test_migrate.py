"""Tables: made at once in an empty database, migrated in an older one, and the same in the end."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.config import Config
from alembic.script import ScriptDirectory

from bot.store.database import Database
from bot.store.migrate import MIGRATIONS, migrate, newest_revision
from bot.store.upgrade import upgrade
from tests.support.postgres import Server


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Database, Database]]:
    """Two databases without anything."""
    urls = [f"sqlite:///{tmp_path / name}.db" for name in ("one", "two")]
    if request.param == "postgresql":
        server: Server = request.getfixturevalue("postgres_server")
        urls = []
        for name in ("made_one", "made_two"):
            with server.connect("template1") as connection:
                connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0'.encode())
            urls.append(server.url(name))
    opened = [Database(url) for url in urls]
    yield opened[0], opened[1]
    for database in opened:
        database.close()


def test_the_newest_file_leads_to_the_head() -> None:
    """What a start compares with is what Alembic would bring the tables to."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert newest_revision() == ScriptDirectory.from_config(config).get_current_head()


def test_made_at_once_is_what_the_migrations_make(empty: tuple[Database, Database]) -> None:
    """Columns, keys, indexes and constraints of every table, and the rows that are there."""
    made, migrated = empty
    migrate(made)
    with migrated.write() as connection:
        upgrade(connection, MIGRATIONS)
    assert _shape(made) == _shape(migrated)
    migrate(migrated)
    assert _shape(made) == _shape(migrated)


def test_neither_the_first_nor_a_usual_start_needs_alembic(tmp_path: Path) -> None:
    """It is large; only what was there before the newest migration needs it."""
    database = Database(f"sqlite:///{tmp_path / 'ours.db'}")
    database.close()
    program = (
        "import sys; from bot.store.database import Database; "
        "from bot.store.migrate import migrate; "
        f"migrate(Database({str(database.url)!r})); sys.exit('alembic' in sys.modules)"
    )
    for _ in range(2):
        assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_tables_of_others_are_left_alone(tmp_path: Path) -> None:
    """Where a table of one of our names is there already, nothing is made."""
    database = Database(f"sqlite:///{tmp_path / 'theirs.db'}")
    with database.write() as connection:
        connection.execute(sa.text("CREATE TABLE runs (what TEXT)"))
    with pytest.raises(sa.exc.OperationalError, match="already exists"):
        migrate(database)
    with database.read() as connection:
        assert sa.inspect(connection).get_table_names() == ["runs"]
    database.close()


def _shape(database: Database) -> dict[str, Any]:
    """What an inspection says of every table, without the order of columns and without defaults,
    which a migration needs for the rows that were there before; and all rows."""
    with database.read() as connection:
        inspector = sa.inspect(connection)
        names = inspector.get_table_names()
        rows = {
            name: connection.execute(sa.select(sa.text("*")).select_from(sa.table(name))).all()
            for name in names
        }
        return {name: (rows[name], _of_table(inspector, name)) for name in names}


def _of_table(inspector: sa.Inspector, name: str) -> dict[str, Any]:
    return {
        "columns": sorted(
            (c["name"], str(c["type"]), c["nullable"]) for c in inspector.get_columns(name)
        ),
        "key": inspector.get_pk_constraint(name)["constrained_columns"],
        "unique": sorted(u["column_names"] for u in inspector.get_unique_constraints(name)),
        "indexes": sorted(
            (i["name"] or "", i["column_names"], bool(i["unique"]))
            for i in inspector.get_indexes(name)
        ),
        "foreign": sorted(
            (f["constrained_columns"], f["referred_table"], f["referred_columns"])
            for f in inspector.get_foreign_keys(name)
        ),
        "checks": sorted(c["sqltext"] for c in inspector.get_check_constraints(name)),
    }
