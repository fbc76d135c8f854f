"""What goes on in the datastores of the systems, compared with what they say themselves."""

import re
import threading

import pytest

from tests.support.bot import wait_until
from tests.support.databases import POSTGRES, answer, redis_cli, session, sql
from tests.support.systems import System, on

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.mark.covers("S6a", "RNAC")
@on("RNAC")
def test_postgresql_is_looked_into(system: System) -> None:
    """Every view of `db` agrees with what SQL says: sizes, sessions, bloat, cache, statements."""
    at = POSTGRES[system.name]
    db = f"db {system.name} {at.store}"
    sql(system, "CREATE TABLE seen AS SELECT n FROM generate_series(1, 20000) n")
    sql(system, "DELETE FROM seen WHERE n % 2 = 0; ANALYZE seen; CREATE INDEX seen_n ON seen (n)")
    try:
        [(version,)] = sql(system, "SHOW server_version")
        overview = answer(system, db + at.option)
        assert f"PostgreSQL {version.split()[0]}" in overview and "Cache hits" in overview
        sizes = answer(system, f"{db} sizes{at.option}")
        assert "public.seen" in sizes and "public.seen_n" in sizes
        assert "estimate" in answer(system, f"{db} bloat{at.option}")
        assert "shared_buffers" in answer(system, f"{db} cache{at.option}")
        assert "No standby is connected" in answer(system, f"{db} replication{at.option}")
        _slow(system, f"{db} slow{at.option}")
        with session(system, application_name="who-is-here"):
            assert "who-is-here" in answer(system, f"{db} connections{at.option}")
    finally:
        sql(system, "DROP TABLE seen")


def _slow(system: System, typed: str) -> None:
    """Without the extension it is said how to get it; with it statements are named."""
    assert "pg_stat_statements is missing" in answer(system, typed)
    sql(system, "CREATE EXTENSION pg_stat_statements")
    try:
        sql(system, "SELECT pg_stat_statements_reset()")
        sql(system, "SELECT count(*) AS a_statement_of_ours FROM seen WHERE n > 17")
        said = answer(system, typed)
        assert "a_statement_of_ours" in said and "> $1" in said
    finally:
        sql(system, "DROP EXTENSION pg_stat_statements")


@pytest.mark.covers("S6a", "RNAC")
@on("RNAC")
def test_locks_and_active_queries_are_seen(system: System) -> None:
    """Who waits for whom is named by PID, and the values in their queries are not shown."""
    at = POSTGRES[system.name]
    sql(system, "CREATE TABLE held (n int)")
    with session(system) as holding, session(system) as waiting:
        holding.execute("BEGIN; LOCK TABLE held")
        query = "DELETE FROM held WHERE n::text = 'a-secret-value'"
        holder, waiter = holding.info.backend_pid, waiting.info.backend_pid
        thread = threading.Thread(target=waiting.execute, args=(query,))
        thread.start()
        blocked = f"SELECT pg_blocking_pids({waiter})"
        wait_until(lambda: sql(system, blocked) == [([holder],)], "the lock")
        locks = answer(system, f"db {system.name} {at.store} locks{at.option}")
        active = answer(system, f"db {system.name} {at.store} active{at.option}")
        holding.execute("COMMIT")
        thread.join(10)
    sql(system, "DROP TABLE held")
    for pid in (holder, waiter):
        assert str(pid) in locks and str(pid) in active
    assert "public.held" in locks and "a-secret-value" not in locks + active


@pytest.mark.covers("S6a", "RNAC", only="EXPLAIN of a named query")
@on("RNAC")
def test_only_named_queries_are_explained(system: System) -> None:
    """A query of the stack file is explained; what is typed is never taken for SQL."""
    at = POSTGRES[system.name]
    said = answer(system, f"db {system.name} {at.store} explain databases")
    assert "Scan" in said and "pg_database" in said
    assert "no query" in answer(system, f"db {system.name} {at.store} explain 'SELECT 1'")


@pytest.mark.covers("S6b", "RNAC")
@on("RNAC")
def test_redis_is_looked_into(system: System) -> None:
    """Every view of `redis` agrees with what redis-cli says; values are never shown."""
    redis_cli(system, "SET", "insight:large", "x" * 50_000)
    redis_cli(system, "SET", "insight:small", "x")
    try:
        version = re.search(r"redis_version:(\S+)", redis_cli(system, "INFO", "server"))
        assert version and f"Redis {version[1]}" in answer(system, f"redis {system.name}")
        assert "Of the system" in answer(system, f"redis {system.name} memory")
        largest = answer(system, f"redis {system.name} bigkeys")
        assert largest.index("insight:large") < largest.index("insight:small")
        assert "interlock" in answer(system, f"redis {system.name} clients")
        assert "append-only file" in answer(system, f"redis {system.name} persistence")
        assert "commands a second" in answer(system, f"redis {system.name} rates")
    finally:
        redis_cli(system, "DEL", "insight:large", "insight:small")


@pytest.mark.covers("S6b", "RNAC")
@on("RNAC")
def test_slow_and_current_commands_of_redis_are_seen(system: System) -> None:
    """The slow log and a bounded MONITOR name commands and keys, and mask values."""
    limit = redis_cli(system, "CONFIG", "GET", "slowlog-log-slower-than").split()[-1]
    redis_cli(system, "CONFIG", "SET", "slowlog-log-slower-than", "0")
    redis_cli(system, "SET", "slow:key", "a-secret-value")
    redis_cli(system, "CONFIG", "SET", "slowlog-log-slower-than", limit)
    slow = answer(system, f"redis {system.name} slowlog")
    redis_cli(system, "SLOWLOG", "RESET")
    assert "SET slow:key ?" in slow and "a-secret-value" not in slow
    over = threading.Event()
    thread = threading.Thread(target=_write, args=(system, over))
    thread.start()
    heard = answer(system, f"redis {system.name} monitor --seconds 2")
    over.set()
    thread.join(20)
    redis_cli(system, "DEL", "slow:key")
    assert "SET slow:key ?" in heard and "another-secret" not in heard


def _write(system: System, over: threading.Event) -> None:
    while not over.is_set():
        redis_cli(system, "SET", "slow:key", "another-secret")


@pytest.mark.covers("S6c", "R")
@on("R")
def test_neo4j_is_looked_into(system: System) -> None:
    """Counts agree with Cypher; size, memory and running queries are told."""
    shell = ("cypher-shell", "-u", "neo4j", "-p", "Sesame-neo4j-1")
    system.project.in_container("neo4j", *shell, "CREATE (:Insight)-[:SEES]->(:Insight)")
    try:
        answers = "answers over Bolt"
        wait_until(lambda: answers in answer(system, "graph relica"), "a warm server", 60)
        counts = answer(system, "graph relica counts")
        assert re.search(r"Insight\s+2\b", counts) and re.search(r"SEES\s+1\b", counts)
        assert "/data/databases/neo4j" in answer(system, "graph relica neo4j size")
        assert "Heap:" in answer(system, "graph relica memory")
        assert "running" in answer(system, "graph relica queries")
    finally:
        system.project.in_container("neo4j", *shell, "MATCH (n:Insight) DETACH DELETE n")


@pytest.mark.covers("S6d", "S", by_contract=True)
@on("S")
def test_terminusdb_is_looked_into(system: System) -> None:
    """Status, databases, size and connections are told by the documented interface."""
    assert "is well" in answer(system, "terminus spice-harvester")
    assert "database" in answer(system, "terminus spice-harvester databases")
    assert "/app/terminusdb/storage" in answer(system, "terminus spice-harvester size")
    assert "established on port 6363" in answer(system, "terminus spice-harvester connections")


@pytest.mark.covers("D12", "S", by_contract=True)
@on("S")
def test_databases_of_terminusdb_are_made_and_deleted(system: System) -> None:
    """A database is created after one approval; deleting it takes two and a backup before."""
    system.does("terminus create spice-harvester rows-test", "ben")
    assert "admin/rows-test" in answer(system, "terminus spice-harvester databases")
    refused = answer(system, "terminus create spice-harvester 'a/../b'")
    assert "cannot be the name" in refused
    request = system.does("terminus delete spice-harvester rows-test", "ben", "cleo")
    assert "admin/rows-test" not in answer(system, "terminus spice-harvester databases")
    assert request in answer(system, "backups spice-harvester")
