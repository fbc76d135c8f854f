"""Backup and restore of a 300 MB database beside the ways of the guide, in alternating order."""

import gc
import resource
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from playbooks.model.plan import Step
from playbooks.model.stack import Stack
from tests.bench.figures import Figures, ratio
from tests.bench.peers import Borgmatic
from tests.bench.table import Table
from tests.support.postgres import Server, fresh_database, running_server
from tests.support.run_plan import Bench

ROUNDS = 4
JOBS = 2
FASTER, SLOWER, GROWTH_MB = 2.0, 1.25, 64

FILL = (
    "CREATE TABLE ships (id int PRIMARY KEY, name text NOT NULL)",
    "INSERT INTO ships SELECT g, 'ship ' || g FROM generate_series(1, 5000) g",
    "CREATE TABLE bookings (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "
    "ship_id int NOT NULL, guest text, note text, arrives timestamptz, price numeric)",
    "INSERT INTO bookings (ship_id, guest, note, arrives, price) "
    "SELECT 1 + g % 5000, 'guest ' || g, md5(g::text) || ' for berth ' || g % 500, "
    "'2026-01-01'::timestamptz + g * interval '1 min', (g::bigint * 7919 % 100000) / 100.0 "
    "FROM generate_series(1, 1000000) g",
    "CREATE INDEX ON bookings (ship_id)",
    "CREATE INDEX ON bookings (arrives)",
    "ALTER TABLE bookings ADD FOREIGN KEY (ship_id) REFERENCES ships",
    "CREATE TABLE readings AS SELECT g AS at, md5(g::text) || md5((g + 1)::text) AS value, "
    "repeat('low tide ', 8) AS words FROM generate_series(1, 550000) g",
    "VACUUM ANALYZE",
    "CHECKPOINT",
)


def table(folder: Path) -> Table:
    """Measures for about two minutes."""
    with running_server() as server, fresh_database(server, "bench") as database:
        for statement in FILL:
            server.run(database, statement)
        megabytes = server.query(database, "SELECT pg_database_size(current_database())")[0][0]
        bench = _bench(server, database, folder)
        borgmatic = Borgmatic(folder / "borg", server, database)
        backups = _backups(server, database, bench, borgmatic, folder)
        restores = _restores(server, database, bench, folder)
        for _ in range(ROUNDS):
            with restores.timed("borgmatic"):
                borgmatic.restore()
    return _table(megabytes / 1e6, backups, restores)


def _backups(
    server: Server, database: str, bench: Bench, borgmatic: Borgmatic, folder: Path
) -> Figures:
    figures = Figures()
    gc.collect()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for turn in range(ROUNDS):
        contenders: list[Callable[[], None]] = [
            lambda: _guide(server, database, folder, figures),
            lambda: _ours(bench, figures),
            lambda: _theirs(borgmatic, figures),
        ]
        for contender in contenders if turn % 2 else reversed(contenders):
            contender()
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    figures.growth_mb = (after - before) / 1024
    return figures


def _guide(server: Server, database: str, folder: Path, figures: Figures) -> None:
    target = folder / "guide.sql.gz"
    argv = [server.tools / "pg_dump", "-h", server.host, "-U", "postgres", database]
    with figures.timed("guide"), target.open("wb") as out:
        dump = subprocess.Popen(argv, stdout=subprocess.PIPE)
        gzip = subprocess.Popen(["gzip"], stdin=dump.stdout, stdout=out)
        assert dump.stdout
        dump.stdout.close()
        assert gzip.wait() == 0 and dump.wait() == 0
    figures.bytes["guide"] = target.stat().st_size


def _ours(bench: Bench, figures: Figures) -> None:
    with figures.timed("ours"):
        bench.backup()
    figures.bytes["ours"] = int(bench.outputs["publish"]["stored_bytes"])


def _theirs(borgmatic: Borgmatic, figures: Figures) -> None:
    borgmatic.prepare()
    with figures.timed("borgmatic"):
        borgmatic.backup()
    figures.bytes["borgmatic"] = borgmatic.stored()


def _restores(server: Server, database: str, bench: Bench, folder: Path) -> Figures:
    """Ours and the others in the same round, now before and now after: what else the machine does
    in a round meets all of them."""
    figures = Figures()
    backup = bench.backup()
    for turn in range(2 * ROUNDS):
        steps = _StepTimes(figures)
        work = bench.work()
        dump = Path()

        def before(step: Step, steps: "_StepTimes" = steps, turn: int = turn) -> None:
            nonlocal dump
            steps.next(step.key)
            if step.key == "load":
                steps.next("aside")
                dump = Path(bench.outputs["fetch"]["files"]["postgres.dump"])
                if turn % 2 == 0:
                    _plain(server, dump, figures)
                    _psql(server, folder, figures)
                server.run("template1", "CHECKPOINT")
                steps.next(step.key)
            if step.key == "release" and turn % 2:
                steps.next("aside")
                _psql(server, folder, figures)
                _plain(server, dump, figures)
                steps.next(step.key)

        bench.run(bench.restore_plan(backup), work, before=before)
        steps.next("end")
        server.drop(f"{database}_before_{work.run}")
    return figures


def _plain(server: Server, dump: Path, figures: Figures) -> None:
    """pg_restore of the very same file into an empty database."""
    server.run("template1", "CHECKPOINT")
    with fresh_database(server) as empty, figures.timed("pg_restore"):
        argv = ["-h", server.host, "-U", "postgres", "-e", f"-j{JOBS}", "-d", empty, str(dump)]
        subprocess.run([server.tools / "pg_restore", *argv], check=True)


def _psql(server: Server, folder: Path, figures: Figures) -> None:
    """The guide's way back: its script, into an empty database."""
    server.run("template1", "CHECKPOINT")
    with fresh_database(server) as empty, figures.timed("psql"):
        gunzip = subprocess.Popen(["gunzip", "-c", folder / "guide.sql.gz"], stdout=subprocess.PIPE)
        psql = [server.tools / "psql", "-h", server.host, "-U", "postgres", "-q", "-d", empty]
        subprocess.run(psql, check=True, stdin=gunzip.stdout, stdout=subprocess.DEVNULL)
        assert gunzip.stdout
        gunzip.stdout.close()
        assert gunzip.wait() == 0


class _StepTimes:
    """Adds up the seconds of each step."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures
        self._turn = len(figures.seconds.get("load", []))
        self._key, self._since = "", time.monotonic()

    def next(self, key: str) -> None:
        now = time.monotonic()
        if self._key not in {"", "aside"}:
            seconds = self._figures.seconds.setdefault(self._key, [])
            if len(seconds) <= self._turn:
                seconds.append(0.0)
            seconds[self._turn] += now - self._since
        self._key, self._since = key, now


def _bench(server: Server, database: str, folder: Path) -> Bench:
    stack = Stack.model_validate(
        {
            "name": "bench",
            "environment": "dev",
            "channel": "ops-bench",
            "datastores": {"postgres": server.store(database, jobs=JOBS).model_dump()},
            "backup": {"repository": f"file://{folder}/repository"},
        }
    )
    return Bench(stack)


def _table(megabytes: float, backups: Figures, restores: Figures) -> Table:
    guide, ours = backups.median("guide"), backups.median("ours")
    plain = restores.median("pg_restore")
    parts = ("load", "settle", "verify", "identify", "swap")
    rounds = [sum(each) for each in zip(*(restores.seconds[p] for p in parts), strict=True)]
    whole = median(rounds)
    slower = ratio(rounds, restores.seconds["pg_restore"])
    script = ratio(rounds, restores.seconds["psql"])
    fetch = restores.median("fetch")
    safety = sum(restores.median(part) for part in ("begin", "dump.postgres", "publish"))
    smaller = backups.bytes["ours"] / backups.bytes["guide"]
    theirs, theirs_back = backups.median("borgmatic"), restores.median("borgmatic")
    by_psql = restores.median("psql")

    def row(what: str, seconds: float, ratio: str, name: str = "") -> tuple[str, ...]:
        size = f"{backups.bytes[name] / 1e6:.1f} MB" if name else ""
        processor = f"{backups.processor_median(name) / megabytes * 1e3:.1f}" if name else ""
        return (what, f"{seconds:.2f}", ratio, size, processor)

    return Table(
        title="PostgreSQL",
        about=(
            f"A database of {megabytes:.0f} MB, {ROUNDS} rounds of backups and {2 * ROUNDS} of "
            "restores in alternating order: medians, of seconds and of each round's ratios. "
            "The backup includes reading back what was stored, counting rows, roles and manifest; "
            "the restore includes settings, the planner's statistics, counting every row and "
            "comparing the schema."
        ),
        header=("what", "seconds", "ratio", "stored", "CPU s a GB"),
        rows=[
            row("guide: pg_dump, gzip", guide, "1", "guide"),
            row("Interlock's backup", ours, f"{guide / ours:.1f} × as fast", "ours"),
            row("borgmatic's backup", theirs, f"{guide / theirs:.1f} × as fast", "borgmatic"),
            row(f"pg_restore -j{JOBS} of the same dump, empty database", plain, "1"),
            row("restore beside, verification, swap", whole, f"{slower:.2f} ×"),
            *(row(f"· {part}", restores.median(part), "") for part in parts),
            row("guide: gunzip, psql, empty database", by_psql, f"{slower / script:.2f} ×"),
            row("borgmatic's restore, over the live database", theirs_back, ""),
            row("fetch: verify and decompress the backup, apart", fetch, ""),
            row("safety backup, apart", safety, ""),
        ],
        holds=[
            (f"the backup is at least {FASTER:g} × as fast as the guide's", guide / ours >= FASTER),
            (f"and no larger ({smaller:.2f} ×)", smaller <= 1),
            ("and faster than borgmatic", ours < theirs),
            (
                f"memory grows by less than {GROWTH_MB} MB ({backups.growth_mb:.0f} MB)",
                backups.growth_mb < GROWTH_MB,
            ),
            (
                f"restore, verification and swap take at most {SLOWER:g} × pg_restore",
                slower <= SLOWER,
            ),
            (f"and less than the guide's psql ({script:.2f} of it)", script < 1),
        ],
    )
