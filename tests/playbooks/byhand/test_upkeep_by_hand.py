"""Upkeep typed by hand does what Interlock does."""

import subprocess

import pytest
from psycopg import sql

from playbooks.byhand.known import Known
from playbooks.catalogue import by_hand
from playbooks.model.plan import ActionCall
from playbooks.model.stack import Stack
from tests.support.postgres import Server

ODD = "Odd 'Table\"; DROP TABLE papers --"


@pytest.fixture
def known(postgres_server: Server, database: str) -> Known:
    with postgres_server.connect(database) as connection:
        connection.execute("CREATE TABLE papers (id int)")
        connection.execute(sql.SQL("CREATE TABLE {0} ({0} int)").format(sql.Identifier(ODD)))
    store = postgres_server.store(database).model_dump(mode="json", exclude={"archive"})
    return Known(
        Stack.model_validate(
            {
                "name": "harbor",
                "environment": "prod",
                "channel": "ops",
                "datastores": {"postgres": store},
            }
        )
    )


def typed(known: Known, action: str, **args: object) -> str:
    """Follows the lines in bash; what they say."""
    call = ActionCall(action=action, args={"datastore": "postgres", "database": "", **args})
    lines = by_hand(known, call)
    done = subprocess.run(
        ["bash", "-e", "-c", "\n".join(lines)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_an_index_is_made_made_anew_and_dropped(
    known: Known, postgres_server: Server, database: str
) -> None:
    """The printed lines work as they stand, whatever the table is called."""
    place = {"schema_name": "public", "name": "made"}
    asked = "SELECT indexrelname FROM pg_stat_user_indexes"
    typed(known, "upkeep.create_index", **place, table=ODD, columns=[ODD])
    assert postgres_server.query(database, asked) == [("made",)]
    typed(known, "upkeep.reindex", **place, table=ODD, kind="index")
    typed(known, "upkeep.vacuum_table", schema_name="public", table=ODD)
    typed(known, "upkeep.drop_index", **place)
    assert postgres_server.query(database, asked) == []
    assert postgres_server.query(database, "SELECT count(*) FROM papers") == [(0,)]


def test_a_setting_and_a_session_by_hand(
    known: Known, postgres_server: Server, database: str
) -> None:
    """A setting is set and taken back, a session ended by its number and its beginning."""
    typed(known, "upkeep.set", name="work_mem", value="9MB")
    assert "work_mem" in typed(known, "upkeep.in_force", name="work_mem")
    typed(known, "upkeep.set", name="work_mem", value=None)
    with postgres_server.connect(database) as victim:
        pid = victim.info.backend_pid
        began = f"SELECT backend_start::text FROM pg_stat_activity WHERE pid = {pid}"
        [(started,)] = postgres_server.query(database, began)
        typed(known, "upkeep.terminate", pid=pid, started=started)
        assert postgres_server.query(database, began) == []
