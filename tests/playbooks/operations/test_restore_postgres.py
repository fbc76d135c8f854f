"""Backup and restore of a real PostgreSQL, planned from its facts and carried out."""

from collections.abc import Callable
from pathlib import Path

import pyrage  # type: ignore[import-untyped]
import pytest

from playbooks.catalogue import ACTIONS
from playbooks.errors import (
    BrokenBackup,
    DatastoreError,
    FactUnavailable,
    HostError,
    InputError,
    StopRequested,
    UnknownName,
)
from playbooks.model.datastores import FilesStore
from playbooks.model.plan import Plan, Risk, Step
from playbooks.model.stack import Stack
from playbooks.registry import found
from tests.support import harbour
from tests.support.carry import call
from tests.support.postgres import Server, fresh_database
from tests.support.run_plan import Bench
from tests.support.work import KnownSecrets


def bench_of(
    server: Server,
    database: str,
    folder: Path,
    store: dict[str, object] | None = None,
    **backup: object,
) -> Bench:
    stack = Stack.model_validate(
        {
            "name": "harbor",
            "environment": "prod",
            "channel": "ops-harbor",
            "datastores": {"postgres": server.store(database, **(store or {})).model_dump()},
            "backup": {"repository": f"file://{folder}/repository", **backup},
        }
    )
    return Bench(stack)


@pytest.fixture
def bench(postgres_server: Server, database: str, tmp_path: Path) -> Bench:
    harbour.build(postgres_server, database)
    return bench_of(postgres_server, database, tmp_path)


def made_of(server: Server, database: str) -> set[str]:
    """What runs have left of a database under other names."""
    return {name for name in server.databases() if name.startswith(f"{database}_")}


def published(bench: Bench) -> set[str]:
    root = (
        Path(bench.stack.backup.repository.removeprefix("file://")) if bench.stack.backup else None
    )
    assert root is not None
    return {manifest.parent.name for manifest in root.glob("harbor/*/manifest.json")}


def test_damage_is_taken_back_and_brought_again(
    postgres_server: Server, database: str, bench: Bench
) -> None:
    """After a restore everything is as at the backup; after the undo the damage is as it was, and
    after the undo of the undo all is whole again."""
    whole = harbour.contents(postgres_server, database)
    backup = bench.backup()
    harbour.damage(postgres_server, database)
    damaged = harbour.contents(postgres_server, database)
    assert damaged != whole
    restored = bench.restore(backup).run
    assert harbour.contents(postgres_server, database) == whole
    undone = bench.restore(restored, "undo").run
    assert harbour.contents(postgres_server, database) == damaged
    bench.restore(undone, "undo")
    assert harbour.contents(postgres_server, database) == whole
    assert len(made_of(postgres_server, database)) == 1


def test_the_sequence_goes_on(postgres_server: Server, database: str, bench: Bench) -> None:
    """New rows get numbers that no restored row has."""
    backup = bench.backup()
    harbour.damage(postgres_server, database)
    bench.restore(backup)
    postgres_server.run(
        database, "INSERT INTO bookings (ship_id, metres) SELECT 1, 5 FROM generate_series(1, 3)"
    )
    postgres_server.run(database, "INSERT INTO ships (name) VALUES ('one more')")
    assert postgres_server.query(database, "SELECT count(*) FROM bookings") == [(2003,)]


def test_the_planner_knows_what_came_back(
    postgres_server: Server, database: str, bench: Bench
) -> None:
    """Statistics come with the dump and are not made again; what had none is analyzed."""
    known, unknown = "log_without_key", "bookings"
    postgres_server.run(
        database,
        f"ALTER TABLE {unknown} SET (autovacuum_enabled = off);"
        f"ALTER TABLE {known} SET (autovacuum_enabled = off); ANALYZE {known}",
    )
    assert _looked_at(postgres_server, database) == {known: (True, True), unknown: (False, False)}
    bench.restore(bench.backup())
    assert _looked_at(postgres_server, database) == {known: (True, False), unknown: (True, True)}


def _looked_at(server: Server, database: str) -> dict[str, tuple[bool, bool]]:
    """Of two tables, whether there are statistics, and whether they were made in this database."""
    return {
        name: (there, made)
        for name, there, made in server.query(
            database,
            "SELECT relname, EXISTS (SELECT FROM pg_stats WHERE tablename = relname), "
            "last_analyze IS NOT NULL FROM pg_stat_user_tables "
            "WHERE relname IN ('log_without_key', 'bookings')",
        )
    }


def test_the_plan_says_what_is_lost(postgres_server: Server, database: str, bench: Bench) -> None:
    """Each table that differs is named with its rows now and then, and what was written since."""
    backup = bench.backup()
    harbour.damage(postgres_server, database)
    plan = bench.restore_plan(backup)
    assert plan.risk is Risk.DESTROY
    lost = "\n".join(plan.loses)
    assert "bookings: 0 rows now, 2,000 in the backup" in lost
    assert "log_without_key: not there now, 7 rows in the backup come back" in lost
    assert "made_afterwards: 0 rows now, no such table in the backup: it goes" in lost
    assert "ships: 50 rows now, 50 in the backup" in lost
    assert "readings" not in lost
    assert f"{database}_before_{{run}}" in " ".join(plan.keeps)
    assert plan.summary == "RESTORE prod/harbor postgres to 02:02 UTC today, loses 0 s"


def test_growth_keeps_the_digest_and_a_changed_schema_does_not(
    postgres_server: Server, database: str, bench: Bench
) -> None:
    """New rows leave the plan as it was approved; a new column makes it another plan."""
    backup = bench.backup()

    def digest() -> str:
        return bench.restore_plan(backup).digest("policy")

    before = digest()
    postgres_server.run(
        database, "INSERT INTO log_without_key SELECT 'x' FROM generate_series(1, 999)"
    )
    assert digest() == before
    postgres_server.run(database, "ALTER TABLE ships ADD COLUMN flag text")
    assert digest() != before


def test_every_step_bears_being_repeated(
    postgres_server: Server, database: str, bench: Bench
) -> None:
    """A crash right after a step's effect repeats the step: the end is the same."""
    whole = harbour.contents(postgres_server, database)
    twice(bench, bench.plan_backup())
    backup = str(bench.outputs["publish"]["id"])
    harbour.damage(postgres_server, database)
    damaged = harbour.contents(postgres_server, database)
    run = twice(bench, bench.restore_plan(backup))
    assert harbour.contents(postgres_server, database) == whole
    twice(bench, bench.restore_plan(run, "undo"))
    assert harbour.contents(postgres_server, database) == damaged


def twice(bench: Bench, plan: Plan) -> str:
    work = bench.work()

    def first_time(step: Step) -> None:
        call(step.call, work, ACTIONS, bench.outputs)

    return bench.run(plan, work, before=first_time).run


STEPS = (
    "fetch",
    "begin",
    "dump.postgres",
    "publish",
    "load",
    "settle",
    "verify",
    "identify",
    "swap",
)


@pytest.mark.parametrize("failing", STEPS)
def test_a_failure_at_any_step_leaves_the_live_database_as_it_was(
    postgres_server: Server, database: str, bench: Bench, failing: str
) -> None:
    """Whatever fails before the swap is done: same database, nothing left beside it, open."""
    backup = bench.backup()
    harbour.damage(postgres_server, database)
    damaged = harbour.contents(postgres_server, database)
    oid = postgres_server.query(
        database, "SELECT oid FROM pg_database WHERE datname = current_database()"
    )

    def fail(step: Step) -> None:
        if step.key == failing:
            raise StopRequested("cancelled here")

    with pytest.raises(StopRequested):
        bench.run(bench.restore_plan(backup), before=fail)
    assert harbour.contents(postgres_server, database) == damaged
    assert made_of(postgres_server, database) == set()
    assert oid == postgres_server.query(
        database, "SELECT oid FROM pg_database WHERE datname = current_database()"
    )
    assert len(published(bench)) == (2 if STEPS.index(failing) > STEPS.index("publish") else 1)


def test_a_failure_right_after_the_swap_can_be_undone(
    postgres_server: Server, database: str, bench: Bench
) -> None:
    """The undo of the swap's own step brings back the very same database, comment and all."""
    backup = bench.backup()
    harbour.damage(postgres_server, database)
    damaged = harbour.contents(postgres_server, database)

    def fail(step: Step) -> None:
        if step.key == "release":
            raise StopRequested("cancelled here")

    with pytest.raises(StopRequested):
        bench.run(bench.restore_plan(backup), before=fail)
    assert harbour.contents(postgres_server, database) == damaged
    assert made_of(postgres_server, database) == set()


@pytest.mark.parametrize(
    "name",
    ["with space", 'say "hi" = 1', "Straße🚢", "x" * 63, "postgresql://nowhere/x", "CamelCase%s"],
)
def test_any_name_of_a_database_will_do(postgres_server: Server, tmp_path: Path, name: str) -> None:
    """Quotes, signs, capitals, emoji and 63 bytes: backed up, restored, undone."""
    with fresh_database(postgres_server, name):
        postgres_server.run(name, "CREATE TABLE t (n int); INSERT INTO t VALUES (1)")
        bench = bench_of(postgres_server, name, tmp_path)
        backup = bench.backup()
        postgres_server.run(name, "INSERT INTO t VALUES (2)")
        run = bench.restore(backup).run
        assert postgres_server.query(name, "SELECT n FROM t") == [(1,)]
        bench.restore(run, "undo")
        assert postgres_server.query(name, "SELECT n FROM t ORDER BY 1") == [(1,), (2,)]


def test_an_empty_database_stays_empty(
    postgres_server: Server, database: str, tmp_path: Path
) -> None:
    """What was made after the backup of an empty database vanishes."""
    bench = bench_of(postgres_server, database, tmp_path)
    backup = bench.backup()
    postgres_server.run(database, "CREATE TABLE extra (n int)")
    bench.restore(backup)
    assert (
        postgres_server.query(database, "SELECT * FROM pg_tables WHERE tablename = 'extra'") == []
    )


def test_a_database_that_is_gone_comes_back(
    postgres_server: Server, database: str, bench: Bench
) -> None:
    """Without a live database there is no safety backup and nothing is kept; the rest is equal."""
    whole = harbour.contents(postgres_server, database)
    backup = bench.backup()
    postgres_server.drop(database)
    plan = bench.restore_plan(backup)
    assert plan.keeps == () and plan.undo_hint == ""
    assert "begin" not in [step.key for step in plan.steps]
    bench.run(plan)
    assert harbour.contents(postgres_server, database) == whole
    with pytest.raises(FactUnavailable, match="no database 'nowhere'"):
        bench_of(postgres_server, "nowhere", Path("/tmp")).plan_backup()


def test_the_database_postgres_itself_is_restored(postgres_server: Server, tmp_path: Path) -> None:
    """The usual maintenance database is administered from another one."""
    bench = bench_of(postgres_server, "postgres", tmp_path)
    postgres_server.run("postgres", "CREATE TABLE here (n int); INSERT INTO here VALUES (1)")
    try:
        backup = bench.backup()
        postgres_server.run("postgres", "DROP TABLE here")
        run = bench.restore(backup).run
        assert postgres_server.query("postgres", "SELECT n FROM here") == [(1,)]
        bench.restore(run, "undo")
        assert postgres_server.query("postgres", "SELECT to_regclass('here')") == [(None,)]
    finally:
        for name in made_of(postgres_server, "postgres"):
            postgres_server.drop(name)


def test_beside_leaves_the_live_database_alone(
    postgres_server: Server, database: str, bench: Bench
) -> None:
    """`--beside` ends with a verified copy under another name."""
    whole = harbour.contents(postgres_server, database)
    backup = bench.backup()
    harbour.damage(postgres_server, database)
    damaged = harbour.contents(postgres_server, database)
    plan = bench.restore_plan(backup, "beside")
    assert plan.risk is Risk.CHANGE and plan.loses == () and plan.point_of_no_return is None
    run = bench.run(plan).run
    assert harbour.contents(postgres_server, database) == damaged
    assert harbour.contents(postgres_server, f"{database}_restore_{run}") == whole


@pytest.mark.parametrize("sealed", [True, False])
def test_a_missing_role_is_made_again(
    postgres_server: Server, database: str, tmp_path: Path, sealed: bool
) -> None:
    """A role that is gone since the backup owns its table again, logs in, is in its group, has its
    password where the backup is encrypted, and is no superuser any more."""
    identity = pyrage.x25519.Identity.generate()
    bench = bench_of(
        postgres_server,
        database,
        tmp_path,
        **({"recipients": [str(identity.to_public())], "identity": "env:KEY"} if sealed else {}),
    )
    bench.secrets = KnownSecrets({"env:KEY": str(identity)})
    postgres_server.run(
        database,
        """CREATE ROLE "Odd Group"; CREATE ROLE passing_by LOGIN SUPERUSER CONNECTION LIMIT 3
        PASSWORD 'swordfish' IN ROLE "Odd Group", pg_monitor; CREATE TABLE theirs (n int);
        ALTER TABLE theirs OWNER TO passing_by""",
    )
    backup = bench.backup()
    gone = 'DROP OWNED BY passing_by; DROP ROLE passing_by; DROP ROLE IF EXISTS "Odd Group"'
    postgres_server.run(database, gone)
    plan = bench.restore_plan(backup)
    assert any("passing_by" in note for note in plan.notes)
    bench.run(plan)
    try:
        assert postgres_server.query(
            database,
            "SELECT tableowner, rolcanlogin, rolsuper, rolconnlimit, "
            "rolpassword LIKE 'SCRAM-SHA-256$%', "
            "ARRAY(SELECT roleid::regrole::text FROM pg_auth_members WHERE member = a.oid) "
            "FROM pg_tables JOIN pg_authid a ON rolname = tableowner WHERE tablename = 'theirs'",
        ) == [("passing_by", True, False, 3, True if sealed else None, ['"Odd Group"'])]
    finally:
        postgres_server.run(database, gone)


def test_an_extension_comes_back(postgres_server: Server, database: str, tmp_path: Path) -> None:
    """Types and indexes of an extension are restored with it, in the same version."""
    bench = bench_of(postgres_server, database, tmp_path)
    postgres_server.run(
        database,
        "CREATE EXTENSION vector; CREATE TABLE v (e vector(2)); INSERT INTO v VALUES ('[1,2]');"
        "CREATE INDEX ON v USING hnsw (e vector_l2_ops)",
    )
    backup = bench.backup()
    postgres_server.run(database, "DROP EXTENSION vector CASCADE")
    bench.restore(backup)
    assert postgres_server.query(database, "SELECT e::text FROM v") == [("[1,2]",)]


def test_an_owner_who_is_no_superuser_can_do_it_all(
    postgres_server: Server, tmp_path: Path
) -> None:
    """CREATEDB and pg_signal_backend suffice for the owner of the database, and three connections
    to it for work that would have more of them."""
    postgres_server.run(
        "template1",
        "CREATE ROLE keeper LOGIN CREATEDB; GRANT pg_signal_backend TO keeper",
    )
    postgres_server.run("template1", "CREATE DATABASE keepers OWNER keeper CONNECTION LIMIT 3")
    try:
        with postgres_server.connect("keepers", user="keeper") as connection:
            connection.execute("CREATE TABLE t (n int); INSERT INTO t VALUES (1)")
        bench = bench_of(postgres_server, "keepers", tmp_path, {"user": "keeper", "jobs": 6})
        backup = bench.backup()
        postgres_server.run("keepers", "DELETE FROM t")
        with postgres_server.connect("keepers", user="keeper"):
            run = bench.restore(backup).run
        assert postgres_server.query("keepers", "SELECT n FROM t") == [(1,)]
        bench.restore(run, "undo")
        assert postgres_server.query("keepers", "SELECT n FROM t") == []
    finally:
        for name in {"keepers", *made_of(postgres_server, "keepers")}:
            postgres_server.drop(name)
        postgres_server.run("template1", "DROP ROLE keeper")


@pytest.mark.parametrize(
    ("grant", "reason"),
    [
        ("ALTER ROLE poor NOCREATEDB", "may not create databases"),
        ("REVOKE pg_signal_backend FROM poor", "may not end other sessions"),
        ("ALTER DATABASE poors OWNER TO postgres", "does not own its database"),
        ("ALTER DATABASE poors IS_TEMPLATE true", "is a template"),
    ],
)
def test_what_stands_in_the_way_is_said_beforehand(
    postgres_server: Server, tmp_path: Path, grant: str, reason: str
) -> None:
    """Missing rights and templates are refused when planning, with the act that helps."""
    postgres_server.run(
        "template1",
        "CREATE ROLE poor LOGIN CREATEDB; GRANT pg_signal_backend TO poor",
    )
    postgres_server.run("template1", "CREATE DATABASE poors OWNER poor")
    try:
        bench = bench_of(postgres_server, "poors", tmp_path, {"user": "poor"})
        backup = bench.backup()
        postgres_server.run("template1", grant)
        with pytest.raises(InputError, match=reason) as refused:
            bench.restore_plan(backup)
        assert refused.value.hint
    finally:
        postgres_server.run("template1", "ALTER DATABASE poors IS_TEMPLATE false")
        postgres_server.drop("poors")
        postgres_server.run("template1", "DROP ROLE poor")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-4000])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


@pytest.mark.parametrize("harm", [cut, flip])
def test_a_harmed_dump_is_refused(
    postgres_server: Server, database: str, bench: Bench, harm: Callable[[Path], None]
) -> None:
    """A cut or flipped artifact ends the restore before anything is made."""
    backup = bench.backup()
    before = harbour.contents(postgres_server, database)
    assert bench.stack.backup
    folder = Path(bench.stack.backup.repository.removeprefix("file://")) / "harbor" / backup
    harm(next(folder.glob("postgres.dump*")))
    with pytest.raises(BrokenBackup):
        bench.restore(backup)
    assert harbour.contents(postgres_server, database) == before
    assert made_of(postgres_server, database) == set()


def test_a_side_database_that_differs_is_never_swapped_in(
    postgres_server: Server, database: str, bench: Bench
) -> None:
    """A row too few, a missing table, a lost setting: verification says which, and ends it."""
    backup = bench.backup()
    harm = {
        "DELETE FROM crew WHERE name = 'ada'": "public.crew has 1 rows instead of 2",
        "DROP TABLE crew": "other relations",
        "DROP INDEX bookings_ship_id_idx": "other indexes",
        "SELECT setval('booking_numbers', 100)": "sequence public.booking_numbers is at 100",
        "SELECT lo_unlink(oid) FROM pg_largeobject_metadata": "large objects not as",
        "REVOKE SELECT ON ships FROM harbour_crew": "other grants",
    }
    for statement, reason in harm.items():
        work = bench.work()

        def spoil(step: Step, run: str = work.run, statement: str = statement) -> None:
            if step.key == "verify":
                postgres_server.run(f"{database}_restore_{run}", statement)

        with pytest.raises(DatastoreError, match=reason):
            bench.run(bench.restore_plan(backup), work, before=spoil)
    assert made_of(postgres_server, database) == set()


def test_a_dump_that_does_not_load_leaves_nothing(
    postgres_server: Server, database: str, bench: Bench
) -> None:
    """pg_restore's own words come through; the side database is gone."""
    backup = bench.backup()

    def spoil(step: Step) -> None:
        if step.key == "load":
            dump = Path(bench.outputs["fetch"]["files"]["postgres.dump"])
            dump.write_bytes(dump.read_bytes()[:-3000])

    with pytest.raises(HostError, match=r"pg_restore ended with 1\. .*(end of file|read)"):
        bench.run(bench.restore_plan(backup), before=spoil)
    assert made_of(postgres_server, database) == set()


def test_an_unknown_run_cannot_be_undone(bench: Bench) -> None:
    """Undoing what was never kept says so, and what there is."""
    with pytest.raises(UnknownName, match="kept no copy"):
        bench.restore_plan("r00099", "undo")


def test_undo_says_what_was_written_since(
    postgres_server: Server, database: str, bench: Bench
) -> None:
    """The undo's card counts the rows that would go with the restored database."""
    backup = bench.backup()
    run = bench.restore(backup).run
    with postgres_server.connect(database) as connection:
        connection.execute("INSERT INTO crew VALUES ('eve', 'calm'), ('mia', 'calm')")
        connection.execute("SELECT pg_stat_force_next_flush()")
    plan = bench.restore_plan(run, "undo")
    assert "crew: 4 rows now, 2 in the kept copy (since then about 2 inserted)" in plan.loses
    assert all("ships" not in line for line in plan.loses)


def test_hashes_of_passwords_leave_only_encrypted(
    postgres_server: Server, database: str, tmp_path: Path
) -> None:
    """Roles are kept without passwords, unless the backup is sealed; the manifest has neither."""
    postgres_server.run("template1", "CREATE ROLE secretive LOGIN PASSWORD 'tell nobody'")
    try:
        plain = bench_of(postgres_server, database, tmp_path / "plain")
        script = globals_of(plain, tmp_path)
        assert "secretive" in script and "SCRAM-SHA-256" not in script
        identity = pyrage.x25519.Identity.generate()
        sealed = bench_of(
            postgres_server,
            database,
            tmp_path / "sealed",
            recipients=[str(identity.to_public())],
            identity="env:AGE",
        )
        sealed.secrets = KnownSecrets({"env:AGE": str(identity)})
        script = globals_of(sealed, tmp_path)
        assert "SCRAM-SHA-256" in script
        assert "secretive" not in (tmp_path / "sealed").joinpath("manifest").read_text()
        before = harbour.plain_contents(postgres_server, database)
        sealed.restore(str(sealed.outputs["publish"]["id"]))
        assert harbour.plain_contents(postgres_server, database) == before
    finally:
        postgres_server.run("template1", "DROP ROLE secretive")


def globals_of(bench: Bench, folder: Path) -> str:
    """The roles that a new backup keeps, decrypted. Its manifest is copied beside."""
    backup = bench.backup()
    outputs = dict(bench.outputs)
    assert bench.stack.backup
    root = Path(bench.stack.backup.repository.removeprefix("file://"))
    manifest = (root / "harbor" / backup / "manifest.json").read_text()
    (root.parent / "manifest").write_text(manifest)
    fetch = found(ACTIONS, "repository.fetch")
    files = fetch.call(bench.work(), {"backup": backup, "datastore": "postgres"})["files"]
    bench.outputs = outputs
    return Path(files["postgres.globals.sql"]).read_text()


def test_both_kinds_of_datastore_share_one_backup(
    postgres_server: Server, database: str, bench: Bench, tmp_path: Path
) -> None:
    """A database and a folder are backed up together and restored one by one."""
    uploads = tmp_path / "uploads"
    uploads.mkdir()
    (uploads / "with space ü.txt").write_text("as it was")
    folder = FilesStore(kind="files", path=uploads)
    stores = {"postgres": bench.stack.datastore("postgres"), "uploads": folder}
    bench.stack = bench.stack.model_copy(update={"datastores": stores})
    backup = bench.backup("postgres", "uploads")
    (uploads / "with space ü.txt").write_text("changed")
    postgres_server.run(database, "DELETE FROM bookings")
    run = bench.restore(backup, datastore="uploads").run
    assert (uploads / "with space ü.txt").read_text() == "as it was"
    assert postgres_server.query(database, "SELECT count(*) FROM bookings") == [(0,)]
    bench.restore(backup)
    assert postgres_server.query(database, "SELECT count(*) FROM bookings") == [(2000,)]
    bench.restore(run, "undo", "uploads")
    assert (uploads / "with space ü.txt").read_text() == "changed"
