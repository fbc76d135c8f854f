"""Upkeep of a real PostgreSQL: plans from its facts, carried out, cancelled and undone."""

import os
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from playbooks.catalogue import ACTIONS
from playbooks.datastores.auto_conf import with_setting
from playbooks.errors import BadArgument, DatastoreError, FactUnavailable, StopRequested
from playbooks.model.plan import Plan
from playbooks.model.stack import Stack
from playbooks.operations.server_sessions import CANCEL_QUERY, TERMINATE, SessionParams
from playbooks.operations.server_setting import SETTING, SettingParams
from playbooks.operations.upkeep import (
    DROP_INDEX,
    INDEX,
    REINDEX,
    VACUUM,
    DropIndexParams,
    IndexParams,
    ReindexParams,
    VacuumParams,
    usual_name,
)
from tests.support.bot import wait_until
from tests.support.postgres import Server
from tests.support.run_plan import Bench

ODD = 'Odd "Table"; DROP TABLE papers --'


@pytest.fixture
def bench(postgres_server: Server, database: str) -> Bench:
    """A stack with the database, in which one table has an odd name."""
    with postgres_server.connect(database) as connection:
        connection.execute("CREATE TABLE papers (id int PRIMARY KEY, year int, title text)")
        connection.execute(
            "INSERT INTO papers SELECT n, n % 90, 't' FROM generate_series(1, 3000) n"
        )
        connection.execute(sql.SQL("CREATE TABLE {} (a int)").format(sql.Identifier(ODD)))
    store = postgres_server.store(database).model_dump(mode="json", exclude={"archive"})
    described = {
        "name": "harbor",
        "environment": "prod",
        "channel": "ops",
        "datastores": {"postgres": store},
    }
    return Bench(Stack.model_validate(described))


def asked(bench: Bench, question: str) -> list[tuple[object, ...]]:
    store = bench.stack.datastores["postgres"]
    with psycopg.connect(
        host=store.host,
        port=store.port,
        user="postgres",
        dbname=store.database,  # type: ignore[union-attr]
    ) as connection:
        return connection.execute(question.encode()).fetchall()


def indexes(bench: Bench) -> set[str]:
    return {
        str(name)
        for (name,) in asked(
            bench, "SELECT indexrelname FROM pg_stat_user_indexes WHERE relname = 'papers'"
        )
    }


def index_plan(bench: Bench, *columns: str, name: str = "") -> Plan:
    return bench.plan(
        INDEX, IndexParams(datastore="postgres", table="papers", columns=columns, name=name)
    )


@pytest.mark.parametrize("table", ["", "papers", "public.papers", ODD])
def test_vacuum_reaches_the_table(bench: Bench, table: str) -> None:
    """All of it or one table, whatever it is called; the server notes the vacuum."""
    bench.run(bench.plan(VACUUM, VacuumParams(datastore="postgres", table=table)))
    wanted = ODD if table == ODD else "papers"
    seen = "SELECT relname FROM pg_stat_user_tables WHERE last_vacuum IS NOT NULL"
    wait_until(lambda: (wanted,) in asked(bench, seen), "the vacuum in the statistics")


def test_full_needs_a_table(bench: Bench) -> None:
    """VACUUM FULL of everything is refused; of one table it is said who waits."""
    with pytest.raises(BadArgument, match="lock one table after the other"):
        bench.plan(VACUUM, VacuumParams(datastore="postgres", full=True))
    plan = bench.plan(VACUUM, VacuumParams(datastore="postgres", table="papers", full=True))
    assert "Nobody can read or write public.papers" in plan.affects[0]
    bench.run(plan)


def test_an_index_is_made_dropped_and_made_again(bench: Bench) -> None:
    """An index on columns; dropping it is undone by the definition that the server gave."""
    plan = index_plan(bench, "year", "title")
    assert plan.undo_hint == "/ops drop-index harbor postgres public.papers_year_title_idx"
    bench.run(plan)
    assert "papers_year_title_idx" in indexes(bench)
    params = DropIndexParams(datastore="postgres", name="papers_year_title_idx")
    dropping = bench.plan(DROP_INDEX, params)
    bench.run(dropping)
    assert "papers_year_title_idx" not in indexes(bench)
    undo = dropping.steps[0].undo
    assert undo is not None
    ACTIONS[undo.action].call(bench.work(), undo.args)
    assert "papers_year_title_idx" in indexes(bench)


def test_what_a_constraint_rests_on_is_not_dropped(bench: Bench) -> None:
    """The index of a primary key is refused, and so is a column that is not there."""
    with pytest.raises(BadArgument, match="belongs to a constraint"):
        bench.plan(DROP_INDEX, DropIndexParams(datastore="postgres", name="papers_pkey"))
    with pytest.raises(BadArgument, match="no column 'nothing'"):
        index_plan(bench, "nothing")


def give_way(bench: Bench, older: psycopg.Connection[Any]) -> None:
    """Ends the older transaction once the clean-up waits for it, too."""
    waits = "query LIKE 'DROP INDEX%' AND wait_event_type = 'Lock'"
    asking = f"SELECT 1 FROM pg_stat_activity WHERE {waits}"
    wait_until(lambda: asked(bench, asking), "the clean-up")
    older.rollback()


def test_a_cancelled_index_leaves_nothing(bench: Bench) -> None:
    """An index that waits for an older transaction is cancelled, and its invalid remains go."""
    store = bench.stack.datastores["postgres"]
    with psycopg.connect(
        host=store.host,
        port=store.port,
        user="postgres",
        dbname=store.database,  # type: ignore[union-attr]
    ) as older:
        older.execute("UPDATE papers SET year = 1 WHERE id = 1")
        thread = threading.Thread(target=give_way, args=(bench, older))
        thread.start()
        work = bench.work()
        work.stop_at = 3
        with pytest.raises(StopRequested):
            bench.run(index_plan(bench, "year"), work)
        thread.join(20)
    assert indexes(bench) == {"papers_pkey"}
    bench.run(index_plan(bench, "year"))
    assert "papers_year_idx" in indexes(bench)


def test_a_failed_rebuild_is_cleaned_up(bench: Bench) -> None:
    """What an earlier failure left is named in the plan and dropped; what is well stays."""
    bench.run(index_plan(bench, "year", name="papers_year_idx_ccnew"))
    asked_ = "UPDATE pg_index SET indisvalid = false WHERE indexrelid = %s::regclass RETURNING 1"
    asked(bench, asked_.replace("%s", "'papers_year_idx_ccnew'"))
    plan = bench.plan(REINDEX, ReindexParams(datastore="postgres", name="papers"))
    assert "papers_year_idx_ccnew" in plan.notes[0]
    bench.run(plan)
    assert indexes(bench) == {"papers_pkey"}
    assert bench.outputs["reindex"] == {"dropped": ["papers_year_idx_ccnew"]}


def test_a_setting_comes_and_goes(bench: Bench) -> None:
    """ALTER SYSTEM with a reload, and its undo puts back what was there before."""
    params = SettingParams(datastore="postgres", name="work_mem", value="9MB")
    plan = bench.plan(SETTING, params)
    assert plan.undo_hint == "/ops setting harbor postgres work_mem default"
    bench.run(plan)
    assert asked(bench, "SHOW work_mem") == [("9MB",)]
    assert bench.plan(SETTING, params).nothing_to_do
    back = bench.plan(SETTING, SettingParams(datastore="postgres", name="work_mem", value=None))
    bench.run(back)
    assert asked(bench, "SHOW work_mem") == [("4MB",)]


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("archive_command", "rm -rf /", "what the server runs"),
        ("data_directory", "/", "where it is found"),
        ("block_size", "4096", "built into the server"),
        ("wal_level", "much", "It may be: minimal"),
        ("max_connections", "50", "has no service here"),
    ],
)
def test_settings_that_are_refused(bench: Bench, name: str, value: str, why: str) -> None:
    """Commands, places, what is built in, wrong choices, and a restart that nobody can do."""
    with pytest.raises(BadArgument, match=why):
        bench.plan(SETTING, SettingParams(datastore="postgres", name=name, value=value))


def test_a_value_that_the_server_refuses_fails(bench: Bench) -> None:
    """The server's own reason comes back, and nothing is set."""
    params = SettingParams(datastore="postgres", name="work_mem", value="lots")
    plan = bench.plan(SETTING, params)
    with pytest.raises(DatastoreError, match="work_mem"):
        bench.run(plan)
    assert asked(bench, "SHOW work_mem") == [("4MB",)]


def test_a_query_is_cancelled_and_a_session_terminated(bench: Bench) -> None:
    """The query ends and its session lives; then the session ends, too."""
    store = bench.stack.datastores["postgres"]
    victim = psycopg.connect(
        host=store.host,
        port=store.port,
        user="postgres",
        dbname=store.database,  # type: ignore[union-attr]
        autocommit=True,
        application_name="victim",
    )
    pid, ended = victim.info.backend_pid, threading.Event()

    def wait() -> None:
        with pytest.raises(psycopg.errors.QueryCanceled):
            victim.execute("SELECT pg_sleep(60), 'a secret'")
        ended.set()

    thread = threading.Thread(target=wait)
    thread.start()
    running = f"SELECT 1 FROM pg_stat_activity WHERE pid = {pid} AND state = 'active'"
    wait_until(lambda: asked(bench, running), "the query")
    params = SessionParams(datastore="postgres", pid=pid)
    plan = bench.plan(CANCEL_QUERY, params)
    assert "victim" in plan.summary and "secret" not in plan.model_dump_json()
    bench.run(plan)
    thread.join(10)
    assert ended.is_set()
    assert bench.plan(CANCEL_QUERY, params).nothing_to_do
    bench.run(bench.plan(TERMINATE, params))
    with pytest.raises(psycopg.OperationalError):
        victim.execute("SELECT 1")
    with pytest.raises(FactUnavailable, match="no session"):
        bench.plan(TERMINATE, params)


def test_another_process_of_the_same_number_is_left_alone(bench: Bench) -> None:
    """A session that began at another time than the one that was approved lives on."""
    store = bench.stack.datastores["postgres"]
    with psycopg.connect(
        host=store.host,
        port=store.port,
        user="postgres",
        dbname=store.database,
        autocommit=True,  # type: ignore[union-attr]
    ) as other:
        args = {
            "datastore": "postgres",
            "pid": other.info.backend_pid,
            "started": (datetime.now(UTC) - timedelta(hours=1)).isoformat(),
        }
        ACTIONS["upkeep.terminate"].call(bench.work(), args)
        assert other.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize("pid", [os.getpid(), 1], ids=["ours", "init"])
def test_a_number_that_is_no_session_is_refused(bench: Bench, pid: int) -> None:
    """Processes that are none of the server's are never signalled."""
    with pytest.raises(FactUnavailable, match="no session"):
        bench.plan(TERMINATE, SessionParams(datastore="postgres", pid=pid))


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text(alphabet=st.characters(exclude_characters="\0"), min_size=1, max_size=15))
def test_names_are_only_ever_names(bench: Bench, name: str) -> None:
    """Whatever a table and a column are called, they are indexed and vacuumed, and nothing else."""
    cut = name.encode()[:40].decode(errors="ignore")
    store = bench.stack.datastores["postgres"]
    with psycopg.connect(
        host=store.host,
        port=store.port,
        user="postgres",
        dbname=store.database,
        autocommit=True,  # type: ignore[union-attr]
    ) as connection:
        table = sql.Identifier(f"t{cut}")
        connection.execute(sql.SQL("CREATE TABLE {} ({} int)").format(table, sql.Identifier(cut)))
        try:
            full = f"public.t{cut}"
            params = IndexParams(datastore="postgres", table=full, columns=(cut,), name=f"i{cut}")
            bench.run(bench.plan(INDEX, params))
            bench.run(bench.plan(VACUUM, VacuumParams(datastore="postgres", table=full)))
            found = connection.execute(
                "SELECT count(*) FROM pg_stat_user_indexes WHERE indexrelname = %s", (f"i{cut}",)
            ).fetchone()
            assert found == (1,)
        finally:
            connection.execute(sql.SQL("DROP TABLE {}").format(table))
    assert asked(bench, "SELECT count(*) FROM papers") == [(3000,)]


def test_a_long_name_of_an_index_is_cut_with_a_digest() -> None:
    """Names of 63 bytes at most, and different ones stay different."""
    one, other = usual_name("t" * 60, ["a"]), usual_name("t" * 60, ["b"])
    assert len(one) <= 63 and one != other
    assert usual_name("papers", ["year", "title"]) == "papers_year_title_idx"


def test_the_servers_own_file_is_edited_line_by_line() -> None:
    """One setting is replaced or removed; others and comments stay."""
    content = "# Do not edit this file manually!\nwork_mem = '9MB'\nport = '1'\n"
    assert with_setting(content, "work_mem", None) == content.replace("work_mem = '9MB'\n", "")
    assert with_setting(content, "work_mem", "a'b\\") == (
        "# Do not edit this file manually!\nport = '1'\nwork_mem = 'a''b\\\\'\n"
    )
