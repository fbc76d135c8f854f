"""What is left when a dump, a load or an exchange is killed, and how it is taken up again."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from playbooks.catalogue import ACTIONS
from playbooks.errors import DatastoreError, HostError, StopRequested
from playbooks.model.base import JsonObject
from playbooks.model.stack import Stack
from playbooks.registry import found
from tests.support import harbour
from tests.support.do_step import in_process
from tests.support.postgres import Server
from tests.support.run_plan import Bench
from tests.support.work import TestWork


@pytest.fixture
def bench(postgres_server: Server, database: str, tmp_path: Path) -> Bench:
    stack = Stack.model_validate(
        {
            "name": "harbor",
            "environment": "prod",
            "channel": "ops-harbor",
            "datastores": {"postgres": postgres_server.store(database).model_dump()},
            "backup": {"repository": f"file://{tmp_path}/repository"},
        }
    )
    return Bench(stack)


def wait_for(condition: Callable[[], object], what: str, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen within {seconds:g} s"
        time.sleep(0.02)


def do(work: TestWork, action: str, step: str, attempt: int = 1, **args: object) -> JsonObject:
    work.step, work.attempt = step, attempt
    return found(ACTIONS, action).call(work, {"datastore": "postgres", **args})


def sessions(server: Server, mark: str) -> list[int]:
    return [
        pid
        for (pid,) in server.query(
            "template1",
            f"SELECT pid FROM pg_stat_activity WHERE application_name LIKE '{mark}%'",
        )
    ]


def fill(server: Server, database: str, rows: int) -> None:
    server.run(
        database,
        "CREATE TABLE big AS SELECT g AS id, md5(g::text) || md5((g + 1)::text) AS words "
        f"FROM generate_series(1, {rows}) g; ALTER TABLE big ADD PRIMARY KEY (id); ANALYZE",
    )


@contextmanager
def table_held(server: Server, database: str, table: str) -> Iterator[None]:
    """Whoever wants to write or dump the table waits."""
    with server.connect(database) as holder, holder.transaction():
        holder.execute(f"LOCK TABLE {table}")
        yield


def dump_session(server: Server) -> list[int]:
    """The session of pg_dump itself, not the one that holds the snapshot."""
    return [
        pid
        for (pid,) in server.query(
            "template1",
            "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'interlock-%' "
            "AND query LIKE 'LOCK TABLE%'",
        )
    ]


def test_a_dump_whose_session_is_killed_fails_and_publishes_nothing(
    postgres_server: Server, database: str, bench: Bench, tmp_path: Path
) -> None:
    """pg_dump's backend is ended in mid-dump: the step fails with pg_dump's words."""
    postgres_server.run(database, "CREATE TABLE held (n int)")
    work = bench.work()
    found(ACTIONS, "repository.begin").call(work, {})
    errors: list[BaseException] = []

    def dump() -> None:
        try:
            do(work, "postgres.dump", "dump", backup=_backup_id(work))
        except HostError as error:
            errors.append(error)

    with table_held(postgres_server, database, "held"):
        thread = threading.Thread(target=dump)
        thread.start()
        wait_for(lambda: dump_session(postgres_server), "pg_dump waiting for the table")
        for pid in dump_session(postgres_server):
            postgres_server.query("template1", f"SELECT pg_terminate_backend({pid})")
        thread.join(20)
    assert len(errors) == 1 and "pg_dump ended with 1" in str(errors[0])
    assert not list(tmp_path.glob("repository/harbor/*/postgres.dump*"))
    assert not list(tmp_path.glob("repository/harbor/*/manifest.json"))
    wait_for(lambda: not sessions(postgres_server, "interlock-"), "the end of all sessions")


def test_a_dump_that_is_stopped_ends_pg_dump_at_once(
    postgres_server: Server, database: str, bench: Bench, tmp_path: Path
) -> None:
    """A cancelled dump is not waited for, though pg_dump itself waits for a lock."""
    postgres_server.run(database, "CREATE TABLE held (n int)")
    work = bench.work()
    found(ACTIONS, "repository.begin").call(work, {})
    began = time.monotonic()
    work.stop_at = 6
    with table_held(postgres_server, database, "held"), pytest.raises(StopRequested):
        do(work, "postgres.dump", "dump", backup=_backup_id(work))
    assert time.monotonic() - began < 15
    wait_for(lambda: not sessions(postgres_server, "interlock-"), "the end of all sessions")
    assert not list(tmp_path.glob("repository/harbor/*/postgres.dump*"))


def test_a_load_killed_midway_is_taken_up_again(
    postgres_server: Server, database: str, bench: Bench
) -> None:
    """SIGKILL in mid-load leaves an orphan; the next attempt ends it and loads afresh."""
    fill(postgres_server, database, 200_000)
    whole = harbour.plain_contents(postgres_server, database)
    work, args = _fetched(bench)
    work.step, work.attempt = "load", 1
    process = in_process(work, "postgres.load_side", {"datastore": "postgres", **args})
    wait_for(lambda: sessions(postgres_server, work.tag), "the load")
    side = f"{database}_restore_{work.run}"
    wait_for(lambda: side in postgres_server.databases(), "the side database")
    process.kill()
    process.wait()
    assert harbour.plain_contents(postgres_server, database) == whole
    do(work, "postgres.load_side", "load", attempt=2, **args)
    assert harbour.plain_contents(postgres_server, side) == whole
    assert not sessions(postgres_server, f"interlock-{work.run}-load-1")


def test_a_load_killed_midway_can_be_undone(
    postgres_server: Server, database: str, bench: Bench
) -> None:
    """The undo ends the orphan and drops the side database; a second undo finds nothing."""
    fill(postgres_server, database, 200_000)
    work, args = _fetched(bench)
    work.step, work.attempt = "load", 1
    process = in_process(work, "postgres.load_side", {"datastore": "postgres", **args})
    side = f"{database}_restore_{work.run}"
    wait_for(lambda: side in postgres_server.databases(), "the side database")
    process.kill()
    process.wait()
    assert do(work, "postgres.drop_side", "load") == {"dropped": True}
    assert side not in postgres_server.databases()
    assert not sessions(postgres_server, work.run_tag)
    assert do(work, "postgres.drop_side", "load") == {"dropped": False}


def test_a_load_that_is_stopped_leaves_nothing_running(
    postgres_server: Server, database: str, bench: Bench
) -> None:
    """A cancelled load ends pg_restore."""
    fill(postgres_server, database, 400_000)
    work, args = _fetched(bench)
    work.checks, work.stop_at = 0, 2
    with pytest.raises(StopRequested):
        do(work, "postgres.load_side", "load", **args)
    wait_for(lambda: not sessions(postgres_server, work.run_tag), "the end of pg_restore")


def test_an_exchange_killed_before_anybody_heard_of_it_is_recognised(
    postgres_server: Server, database: str, bench: Bench
) -> None:
    """SIGKILL between the commit and the journal: the probe says done, with the step's output."""
    postgres_server.run(database, "CREATE TABLE t AS SELECT 1 AS n")
    work, swap = _ready_to_swap(bench)
    assert do(work, "postgres.is_swapped", "swap", **swap)["state"] == "not_done"
    work.step = "swap"
    process = in_process(
        work, "postgres.swap", {"datastore": "postgres", **swap}, killed_after=True
    )
    assert process.wait(30) == -9
    probe = do(work, "postgres.is_swapped", "swap", **swap)
    assert probe["state"] == "done"
    assert probe["output"] == {"live": [database], "kept": [f"{database}_before_{work.run}"]}
    assert do(work, "postgres.swap", "swap", 2, **swap) == probe["output"]
    assert do(work, "postgres.swap_back", "swap", **swap) == {"undone": True}
    assert do(work, "postgres.swap_back", "swap", **swap) == {"undone": False}
    assert do(work, "postgres.is_swapped", "swap", **swap)["state"] == "not_done"


def test_databases_renamed_by_somebody_else_are_unclear(
    postgres_server: Server, database: str, bench: Bench
) -> None:
    """When the noted OIDs are nowhere they should be, a person has to look."""
    work, swap = _ready_to_swap(bench)
    side = f"{database}_restore_{work.run}"
    postgres_server.run("template1", f'ALTER DATABASE "{side}" RENAME TO "{database}_before_zzzz"')
    probe = do(work, "postgres.is_swapped", "swap", **swap)
    assert probe["state"] == "unclear" and side in probe["why"]


def test_clients_that_reconnect_all_the_time_do_not_stop_the_exchange(
    postgres_server: Server, database: str, bench: Bench
) -> None:
    """Sessions in the live database are ended; they come back to the new one, never to the old."""
    postgres_server.run(database, "CREATE TABLE t AS SELECT 'backup' AS n")
    work, swap = _ready_to_swap(bench)
    postgres_server.run(database, "UPDATE t SET n = 'live'")
    stop, seen, refused = threading.Event(), [], []

    def insist() -> None:
        while not stop.is_set():
            try:
                with postgres_server.connect(database) as connection:
                    while not stop.is_set():
                        seen.append(connection.execute("SELECT n FROM t").fetchone())
            except psycopg.OperationalError as error:
                refused.append(str(error))

    clients = [threading.Thread(target=insist) for _ in range(4)]
    for client in clients:
        client.start()
    wait_for(lambda: len(seen) > 20, "clients at work")
    do(work, "postgres.swap", "swap", **swap)
    mark = len(seen)
    wait_for(lambda: len(seen) > mark + 20, "clients back at work")
    stop.set()
    for client in clients:
        client.join(10)
    order = [value for (value,) in seen]
    assert order == sorted(order, reverse=True)
    assert order[-1] == "backup" and refused


def test_an_exchange_that_cannot_be_leaves_the_database_open(
    postgres_server: Server, database: str, bench: Bench
) -> None:
    """Rights that went missing since the plan: nothing is renamed, and people can connect."""
    work, swap = _ready_to_swap(bench)
    side = f"{database}_restore_{work.run}"
    postgres_server.run("template1", "CREATE ROLE mover LOGIN")
    postgres_server.run("template1", f'ALTER DATABASE "{database}" OWNER TO mover')
    poor = postgres_server.store(database, user="mover")
    work.stack = bench.stack.model_copy(update={"datastores": {"postgres": poor}})
    try:
        with pytest.raises(DatastoreError, match=r"must be owner|permission denied"):
            do(work, "postgres.swap", "swap", **swap)
        assert {database, side} <= postgres_server.databases()
        assert postgres_server.query(database, "SELECT 1") == [(1,)]
    finally:
        postgres_server.run("template1", f'ALTER DATABASE "{database}" OWNER TO postgres')
        postgres_server.run("template1", "DROP ROLE mover")


def test_closed_connections_are_opened_again(
    postgres_server: Server, database: str, bench: Bench
) -> None:
    """The owed reopening lets people in, says whether it had to, and may be repeated."""
    work = bench.work()
    postgres_server.run("template1", f'ALTER DATABASE "{database}" ALLOW_CONNECTIONS false')
    with pytest.raises(psycopg.OperationalError):
        postgres_server.connect(database)
    assert do(work, "postgres.reopen", "reopen") == {"reopened": True}
    assert do(work, "postgres.reopen", "reopen") == {"reopened": False}
    assert postgres_server.query(database, "SELECT 1") == [(1,)]


def test_identify_without_a_side_database_fails(bench: Bench) -> None:
    """There must be something to be made live."""
    with pytest.raises(DatastoreError, match="to be made live"):
        do(bench.work(), "postgres.identify", "identify")


def _backup_id(work: TestWork) -> str:
    return f"{work.started:%Y%m%d-%H%M%S}-{work.run}"


def _fetched(bench: Bench) -> tuple[TestWork, JsonObject]:
    """A new run that has fetched a new backup, and the arguments of its load."""
    backup = bench.backup()
    checksum = bench.outputs["publish"]["checksum"]
    work = bench.work()
    fetched = do(work, "repository.fetch", "fetch", backup=backup)
    source: JsonObject = {"backup": backup, "checksum": checksum}
    return work, json.loads(json.dumps({**source, "files": fetched["files"]}))


def _ready_to_swap(bench: Bench) -> tuple[TestWork, JsonObject]:
    """A new run that has loaded a new backup, and the arguments of its exchange."""
    work, args = _fetched(bench)
    do(work, "postgres.load_side", "load", **args)
    noted = do(work, "postgres.identify", "identify")
    return work, {**noted, "restored": args["backup"]}
