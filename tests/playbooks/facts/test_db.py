"""Looks into a real PostgreSQL."""

import threading
from collections.abc import Iterator

import pytest

from playbooks.catalogue import READERS
from playbooks.errors import FactUnavailable, UnknownName
from playbooks.model.insight import Insight
from playbooks.model.stack import Stack
from tests.support.bot import wait_until
from tests.support.postgres import Server
from tests.support.work import TestReading

VIEWS = ("overview", "connections", "sizes", "active", "locks", "cache", "replication", "bloat")


@pytest.fixture
def stack(postgres_server: Server, database: str) -> Stack:
    """A stack with the database, and a query that it may be asked about."""
    with postgres_server.connect(database) as connection:
        connection.execute("CREATE TABLE papers AS SELECT n AS id FROM generate_series(1, 9000) n")
        connection.execute("ALTER TABLE papers ADD COLUMN title text DEFAULT 'a title'")
        connection.execute("DELETE FROM papers WHERE id % 2 = 0; ANALYZE papers")
    store = postgres_server.store(database).model_dump(mode="json", exclude={"archive"})
    return Stack.model_validate(
        {
            "name": "harbor",
            "environment": "prod",
            "channel": "ops",
            "datastores": {"postgres": store},
            "queries": {
                "one-paper": {"sql": "SELECT title FROM papers WHERE id = 7"},
                "any-paper": {"sql": "SELECT title FROM public.papers WHERE id = $1"},
                "writes": {"sql": "ANALYZE DELETE FROM public.papers"},
                "two": {"sql": "SELECT 1; DROP TABLE public.papers"},
            },
        }
    )


def seen(stack: Stack, view: str, **more: str) -> Insight:
    args = {"datastore": "postgres", **more}
    return Insight.model_validate(READERS[f"db.{view}"].call(TestReading(stack), args))


def told(insight: Insight) -> str:
    return insight.model_dump_json()


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_answers(stack: Stack, view: str) -> None:
    """Each view reads a server as it is, without an extension."""
    assert seen(stack, view).headline


def test_sizes_and_bloat_name_the_table(stack: Stack) -> None:
    """A table that was half deleted is seen as half empty, and the estimate is called one."""
    assert "public.papers" in told(seen(stack, "sizes"))
    found = seen(stack, "bloat")
    assert "estimate" in found.headline
    wasted = next(row for row in found.tables[0].rows if row[0] == "public.papers")
    assert 30 < int(wasted[3].removesuffix(" %")) < 70


def test_slow_says_how_to_get_the_extension(stack: Stack) -> None:
    """Where pg_stat_statements is missing, that is said with the way to it."""
    found = seen(stack, "slow")
    assert "pg_stat_statements is missing" in found.headline
    assert "shared_preload_libraries" in found.notes[0]


def test_explain_takes_named_queries_only(stack: Stack) -> None:
    """A named query is explained, one with a parameter in general; an unknown name is refused."""
    with pytest.raises(FactUnavailable, match="papers"):
        seen(stack, "explain", name="one-paper")
    assert "papers" in seen(stack, "explain", name="any-paper").text
    with pytest.raises(UnknownName, match="any-paper"):
        seen(stack, "explain", name="SELECT 1")


@pytest.mark.parametrize("name", ["writes", "two"])
def test_explain_never_runs_anything(stack: Stack, postgres_server: Server, name: str) -> None:
    """A query that would be run by ANALYZE, or a second statement behind it, is refused."""
    with pytest.raises(FactUnavailable):
        seen(stack, "explain", name=name)
    database = stack.datastores["postgres"].database  # type: ignore[union-attr]
    assert postgres_server.query(database, "SELECT count(*) FROM papers") == [(4500,)]


@pytest.fixture
def blocked(stack: Stack, postgres_server: Server) -> Iterator[int]:
    """Somebody holds a table, and somebody else waits for it; the pid of who waits."""
    database = stack.datastores["postgres"].database  # type: ignore[union-attr]
    waiting = postgres_server.connect(database, application_name="waits")
    with postgres_server.connect(database, application_name="holds") as holding:
        holding.autocommit = False
        holding.execute("LOCK TABLE papers")
        query = "DELETE FROM papers WHERE title = 'top secret' -- hush"
        thread = threading.Thread(target=waiting.execute, args=(query,))
        thread.start()
        pid = waiting.info.backend_pid
        asked = f"SELECT cardinality(pg_blocking_pids({pid})) > 0"
        wait_until(lambda: postgres_server.query(database, asked) == [(True,)], "a lock")
        yield pid
        holding.rollback()
    thread.join(10)
    waiting.close()


def test_locks_name_who_waits_and_who_holds(stack: Stack, blocked: int) -> None:
    """Both sides of a lock are named, and what people wrote into the query is not shown."""
    found = seen(stack, "locks")
    assert "holds" in found.worries[0]
    row = found.tables[0].rows[0]
    assert row[0] == str(blocked) and "waits" in row[1] and row[2] == "public.papers"
    active = seen(stack, "active")
    assert any(row[0] == str(blocked) for row in active.tables[0].rows)
    for insight in (found, active):
        assert "secret" not in told(insight) and "hush" not in told(insight)
    assert any("wait for locks" in worry for worry in seen(stack, "overview").worries)
