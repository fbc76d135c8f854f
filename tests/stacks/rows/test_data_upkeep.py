"""Upkeep of the systems' PostgreSQL, its effects seen by SQL."""

import threading

import psycopg
import pytest

from tests.support.bot import wait_until
from tests.support.databases import POSTGRES, Where, answer, session, sql
from tests.support.systems import System, on
from tests.support.talk import payload, text_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

_INDEXES = "SELECT indexrelname FROM pg_stat_user_indexes WHERE relname = 'kept'"
_VACUUMED = "SELECT count(*) FROM pg_stat_user_tables WHERE relname = 'kept' AND vacuum_count > 0"


def typed(system: System, verb: str, rest: str = "") -> str:
    """`VERB STACK STORE REST`, with the database where the server has several."""
    at: Where = POSTGRES[system.name]
    return f"{verb} {system.name} {at.store} {rest}{at.option}".strip()


@pytest.mark.covers("D10", "RNAC")
@on("RNAC")
def test_tables_and_indexes_are_kept_up(system: System) -> None:
    """A vacuum is in the statistics; an index is made, made anew, dropped; each approved once."""
    sql(system, "CREATE TABLE kept AS SELECT n AS a, n AS b FROM generate_series(1, 5000) n")
    try:
        refused = answer(system, typed(system, "vacuum", "--full"))
        assert "lock one table after the other" in refused
        system.does(typed(system, "vacuum", "kept"), "ben")
        wait_until(lambda: sql(system, _VACUUMED) == [(1,)], "the vacuum")
        system.does(typed(system, "index", "kept a b"), "ben")
        assert sql(system, _INDEXES) == [("kept_a_b_idx",)]
        [(before,)] = sql(system, "SELECT pg_relation_filenode('kept_a_b_idx')")
        system.does(typed(system, "reindex", "kept_a_b_idx"), "ben")
        [(after,)] = sql(system, "SELECT pg_relation_filenode('kept_a_b_idx')")
        assert after != before
        system.does(typed(system, "drop-index", "kept_a_b_idx"), "ben")
        assert sql(system, _INDEXES) == []
    finally:
        sql(system, "DROP TABLE kept")


@pytest.mark.covers("D10", "RNAC")
@on("RNAC")
def test_queries_and_sessions_are_ended(system: System) -> None:
    """A query is cancelled while its session lives; then the session is terminated."""
    store = POSTGRES[system.name].store
    with session(system, application_name="victim") as victim:
        pid = victim.info.backend_pid
        cancelled = threading.Event()

        def sleep() -> None:
            with pytest.raises(psycopg.errors.QueryCanceled):
                victim.execute("SELECT pg_sleep(300)")
            cancelled.set()

        thread = threading.Thread(target=sleep)
        thread.start()
        active = f"SELECT state FROM pg_stat_activity WHERE pid = {pid}"
        wait_until(lambda: sql(system, active) == [("active",)], "the query")
        system.does(f"cancel-query {system.name} {store} {pid}", "ben")
        thread.join(20)
        assert cancelled.is_set() and sql(system, active) == [("idle",)]
        system.does(f"terminate {system.name} {store} {pid}", "ben")
        assert sql(system, active) == []


@pytest.mark.covers("D10", "RNAC", only="settings that a reload brings")
@on("RNAC")
def test_a_setting_is_reloaded(system: System) -> None:
    """ALTER SYSTEM counts for new sessions at once, and goes again."""
    store = POSTGRES[system.name].store
    [(before,)] = sql(system, "SHOW work_mem")
    system.does(f"setting {system.name} {store} work_mem 7MB", "ben")
    assert sql(system, "SHOW work_mem") == [("7MB",)]
    system.does(f"setting {system.name} {store} work_mem default", "ben")
    assert sql(system, "SHOW work_mem") == [(before,)]


@pytest.mark.covers("D10", "N", only="settings that need a restart, and one that cannot start")
@on("N")
def test_a_setting_that_keeps_the_server_down_is_taken_back(system: System) -> None:
    """A restart brings a setting and its users back; one that the server cannot start with is
    taken back out of its file, and all run again."""
    [(before,)] = sql(system, "SHOW max_connections")
    system.does("setting neurocore postgres max_connections 77", "ben")
    assert sql(system, "SHOW max_connections") == [("77",)]
    failed = system.end_of(system.asks("setting neurocore postgres shared_buffers 4TB", "ben"))
    assert payload(failed)["state"] == "undone", text_of(failed)
    wait_until(lambda: system.project.container("api").status == "running", "the api", 60)
    assert sql(system, "SHOW max_connections") == [("77",)]
    system.does("setting neurocore postgres max_connections default", "ben")
    assert sql(system, "SHOW max_connections") == [(before,)]
