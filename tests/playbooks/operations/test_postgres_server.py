"""All databases of a real server: backed up in one go, restored together or one by one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from playbooks.catalogue import ACTIONS
from playbooks.datastores.protocol import RestoreParams
from playbooks.errors import FactUnavailable, InterlockError, StopRequested, UnknownName
from playbooks.model.drill import Rehearsal
from playbooks.model.plan import Plan, Step
from playbooks.model.stack import Stack
from playbooks.operations.drill import DRILL, StackDrillParams
from playbooks.operations.restore import RESTORE
from tests.support import harbour
from tests.support.carry import call, filled
from tests.support.do_step import in_process
from tests.support.postgres import Server, running_server
from tests.support.run_plan import Bench
from tests.support.runbook import commands, follow, printed

NAMES = ("arc", "kratos", "Straße 🚢")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server of our own: `all` means all."""
    with running_server() as made:
        yield made


@pytest.fixture
def bench(server: Server, tmp_path: Path) -> Iterator[Bench]:
    for name in NAMES:
        server.run("template1", f'CREATE DATABASE "{name}" TEMPLATE template0')
        server.run(
            name, f"CREATE TABLE t AS SELECT '{name}' AS of, g AS n FROM generate_series(1, 9) g"
        )
    harbour.build(server, "arc")
    yield bench_of(server, tmp_path)
    for name in server.databases() - {"postgres", "template0", "template1"}:
        server.drop(name)


def bench_of(server: Server, folder: Path, **store: object) -> Bench:
    return Bench(
        Stack.model_validate(
            {
                "name": "arc",
                "environment": "prod",
                "channel": "ops-arc",
                "datastores": {
                    "postgres": {
                        "kind": "postgres-server",
                        "host": server.host,
                        "port": server.port,
                        "user": "postgres",
                        "tools": str(server.tools),
                        **store,
                    }
                },
                "backup": {"repository": f"file://{folder}/repository"},
            }
        )
    )


def plan(bench: Bench, backup: str, mode: str = "swap", database: str = "") -> Plan:
    params = {"datastore": "postgres", "backup": backup, "mode": mode, "database": database}
    return bench.plan(RESTORE, RestoreParams.model_validate(params))


def contents(server: Server) -> dict[str, object]:
    there = server.databases()
    return {name: harbour.plain_contents(server, name) if name in there else None for name in NAMES}


def damage(server: Server) -> None:
    harbour.damage(server, "arc")
    server.run("kratos", "DELETE FROM t WHERE n > 3")
    server.drop("Straße 🚢")
    server.run("template1", "CREATE DATABASE newer TEMPLATE template0")
    server.run("newer", "CREATE TABLE kept_as_it_is (n int)")


def test_all_databases_come_back_at_once(server: Server, bench: Bench) -> None:
    """Changed, dropped and odd ones equal the backup; one made since stays; the undo brings back
    what was replaced, and a second backup takes no copies along."""
    whole = contents(server)
    backup = bench.backup()
    damage(server)
    damaged = contents(server)
    made = plan(bench, backup)
    lost = "\n".join(made.loses)
    assert "kratos: t: 3 rows now, 9 in the backup" in lost
    assert "arc: bookings: 0 rows now, 2,000 in the backup" in lost
    assert "Straße 🚢: nothing: there is no such database now" in lost
    assert "newer: nothing; it is not in the backup and stays as it is" in lost
    assert len([step for step in made.steps if step.action == "postgres.swap"]) == 1
    run = bench.run(made).run
    assert contents(server) == whole
    assert server.query("newer", "SELECT count(*) FROM kept_as_it_is") == [(0,)]
    assert {f"arc_before_{run}", f"kratos_before_{run}"} <= server.databases()
    again = bench.plan_backup()
    [dump] = [step for step in again.steps if step.action == "postgres.dump_server"]
    assert set(dump.args["databases"]) == {*NAMES, "newer", "postgres"}

    bench.run(plan(bench, run, "undo"))
    after = contents(server)
    assert {name: after[name] for name in ("arc", "kratos")} == {
        name: damaged[name] for name in ("arc", "kratos")
    }


def test_one_database_is_restored_alone(server: Server, bench: Bench) -> None:
    """`--database kratos` touches nothing else, and can be undone; an unknown one is refused."""
    whole = contents(server)
    backup = bench.backup()
    damage(server)
    damaged = contents(server)
    made = plan(bench, backup, database="kratos")
    assert all(line.startswith("kratos: ") for line in made.loses)
    run = bench.run(made).run
    assert contents(server) == {**damaged, "kratos": whole["kratos"]}
    bench.run(plan(bench, run, "undo", "kratos"))
    assert contents(server) == damaged
    with pytest.raises(UnknownName, match="no database 'nowhere'"):
        plan(bench, backup, database="nowhere")
    with pytest.raises(UnknownName, match="kept no copy of arc/postgres arc"):
        plan(bench, run, "undo", "arc")


@pytest.mark.parametrize("failing", ["load.kratos", "verify.arc", "identify", "swap", "release"])
def test_a_failure_changes_no_database(server: Server, bench: Bench, failing: str) -> None:
    """Whatever fails, all databases are the very same ones, open, and nothing is left beside."""
    backup = bench.backup()
    damage(server)
    damaged = contents(server)
    known = "SELECT datname, oid, datallowconn FROM pg_database ORDER BY 1"
    before = server.query("template1", known)

    def fail(step: Step) -> None:
        if step.key == failing:
            raise StopRequested("cancelled here")

    with pytest.raises(InterlockError):
        bench.run(plan(bench, backup), before=fail)
    assert contents(server) == damaged
    assert server.query("template1", known) == before


def test_one_that_is_not_as_in_the_backup_stops_all(server: Server, bench: Bench) -> None:
    """A side database that lost a row is never swapped in, nor are the others."""
    backup = bench.backup()
    damage(server)
    damaged, work = contents(server), bench.work()

    def spoil(step: Step) -> None:
        if step.key == "verify.kratos":
            server.run(f"kratos_restore_{work.run}", "DELETE FROM t WHERE n = 1")

    with pytest.raises(InterlockError, match=r"public\.t has 8 rows instead of 9"):
        bench.run(plan(bench, backup), work, before=spoil)
    assert contents(server) == damaged
    assert not [name for name in server.databases() if "_restore_" in name]


def test_an_exchange_of_all_that_nobody_heard_of_is_recognised(
    server: Server, bench: Bench
) -> None:
    """SIGKILL right after the commit: the probe says done, and repeating it changes nothing."""
    whole = contents(server)
    backup = bench.backup()
    damage(server)
    work, probed = bench.work(), []

    def kill(step: Step) -> None:
        if step.key != "swap" or step.probe is None:
            return
        args = filled(step.args, work, bench.outputs)
        assert in_process(work, "postgres.swap", args, killed_after=True).wait(60) == -9
        probed.append(call(step.probe, work, ACTIONS, bench.outputs))

    bench.run(plan(bench, backup), work, before=kill)
    [probe] = probed
    assert probe["state"] == "done" and probe["output"] == bench.outputs["swap"]
    assert contents(server) == whole


def test_chosen_databases_only(server: Server, bench: Bench, tmp_path: Path) -> None:
    """A list in the stack file limits the backup; a name that is not there is said, and comes back
    from a backup that has it, while the safety backup takes what there is."""
    chosen = bench_of(server, tmp_path / "chosen", databases=["kratos", "arc"])
    backup = chosen.backup()
    assert list(chosen.outputs["dump.postgres"]["facts"]["databases"]) == ["kratos", "arc"]
    server.run("kratos", "DROP TABLE t")
    chosen.run(plan(chosen, backup))
    assert server.query("kratos", "SELECT count(*) FROM t") == [(9,)]
    server.drop("kratos")
    with pytest.raises(FactUnavailable, match="no database kratos"):
        chosen.plan_backup()
    chosen.run(plan(chosen, backup))
    assert server.query("kratos", "SELECT count(*) FROM t") == [(9,)]
    assert list(chosen.outputs["dump.postgres"]["facts"]["databases"]) == ["arc"]
    with pytest.raises(FactUnavailable, match="nowhere"):
        bench_of(server, tmp_path, databases=["kratos", "nowhere"]).plan_backup()


def test_all_databases_are_rehearsed_together(server: Server, bench: Bench) -> None:
    """A drill restores each on one throwaway server; what is wrong is said with its database."""
    backup = bench.backup()
    before = server.databases()
    params = StackDrillParams(datastores=("postgres",), backup={"postgres": backup})
    bench.run(bench.plan(DRILL, params))
    assert server.databases() == before
    checks = Rehearsal.model_validate(bench.outputs["rehearse.postgres"]).checks
    for name in (*NAMES, "postgres"):
        assert f"{name}: loads" in {check.name for check in checks}

    def without_the_crew(step: Step) -> None:
        if step.key == "rehearse.postgres":
            script = Path(bench.outputs["fetch.postgres"]["files"]["postgres.globals.sql"])
            lines = script.read_text().splitlines()
            kept = [line for line in lines if harbour.SECOND_ROLE not in line]
            script.write_text("\n".join(kept))

    with pytest.raises(InterlockError, match="the role harbour_crew is missing"):
        bench.run(bench.plan(DRILL, params), before=without_the_crew)


def test_queries_are_asked_of_the_database_that_they_name(server: Server, bench: Bench) -> None:
    """The same words are answered by each database by itself; a wrong answer, and a database that
    the backup does not have, fail the drill."""
    backup = bench.backup()
    sql = "SELECT min(of) FROM t"
    asked = [{"database": name, "sql": sql, "expect": name} for name in ("kratos", "Straße 🚢")]

    def with_queries(*queries: dict[str, object]) -> Plan:
        described = bench.stack.model_dump(mode="json") | {
            "drill": {"queries": {"postgres": queries}}
        }
        bench.stack = Stack.model_validate(described)
        params = StackDrillParams(datastores=("postgres",), backup={"postgres": backup})
        return bench.plan(DRILL, params)

    bench.run(with_queries(*asked))
    checks = Rehearsal.model_validate(bench.outputs["rehearse.postgres"]).checks
    assert {f"{each['database']}: query 1" for each in asked} <= {check.name for check in checks}
    wrong = {"database": "arc", "sql": "SELECT count(*) FROM t", "expect": 8}
    gone = {"database": "gone", "sql": "SELECT 1", "expect": 1}
    with pytest.raises(InterlockError) as raised:
        bench.run(with_queries(wrong, gone))
    assert "answered 9, not 8" in str(raised.value)
    assert "the backup has no such database" in str(raised.value)
    for bad in ({"sql": "SELECT 1", "expect": 1}, {**gone, "sql": ""}):
        with pytest.raises(ValueError, match=r"drill\.queries\.postgres"):
            with_queries(bad)


def test_what_is_left_out_is_said(server: Server, bench: Bench) -> None:
    """A database that lets nobody in, and a copy beside: the backup's card names them."""
    server.run("template1", "CREATE DATABASE kratos_restore_abcdef TEMPLATE template0")
    server.run("template1", "CREATE DATABASE closed TEMPLATE template0 ALLOW_CONNECTIONS false")
    shown = {line.label: line.value for line in bench.plan_backup().shown}
    assert shown["Not in the backup of postgres"] == (
        "closed lets nobody in; kratos_restore_abcdef is called like a copy that a restore makes"
    )


def test_the_runbook_on_paper_restores_all_too(
    server: Server, bench: Bench, tmp_path: Path
) -> None:
    """Its commands load every database beside, and exchange them in one transaction."""
    whole = contents(server)
    backup = bench.backup()
    damage(server)
    done = follow(commands(printed(bench.stack, plan(bench, backup))), tmp_path, {})
    assert done.returncode == 0, done.stderr
    assert contents(server) == whole
