"""Migrations: run when something is missing, and only then."""

import subprocess
import sys
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory

from bot.store.database import Database
from bot.store.migrate import MIGRATIONS, migrate, newest_revision


def test_the_newest_file_leads_to_the_head() -> None:
    """What a start compares with is what Alembic would bring the tables to."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert newest_revision() == ScriptDirectory.from_config(config).get_current_head()


def test_a_start_with_nothing_to_migrate_does_without_alembic(tmp_path: Path) -> None:
    """The second start of a database does not even load what the first one needed."""
    database = Database(f"sqlite:///{tmp_path / 'ours.db'}")
    migrate(database)
    database.close()
    program = (
        "import sys; from bot.store.database import Database; "
        "from bot.store.migrate import migrate; "
        f"migrate(Database({str(database.url)!r})); sys.exit('alembic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
