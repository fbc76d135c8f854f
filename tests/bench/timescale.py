"""Backup and restore of a TimescaleDB in a container beside the guide's pg_dump and psql."""

from collections.abc import Callable
from pathlib import Path

from tests.bench.figures import Figures
from tests.bench.guided import beside_the_guide, into, out_of, restored
from tests.bench.table import Table
from tests.support.docker import Project
from tests.support.pg_container import bench_of, postgres_project, query, run
from tests.support.run_plan import Bench

ROUNDS = 2
ROWS = 600_000

_FILL = f"""
CREATE EXTENSION timescaledb;
CREATE TABLE readings (at timestamptz NOT NULL, device int, value float8, words text);
SELECT create_hypertable('readings', 'at', chunk_time_interval => interval '7 days');
CREATE INDEX ON readings (device, at DESC);
INSERT INTO readings SELECT '2026-01-01'::timestamptz + g * interval '10 seconds', g % 50, g / 7.0,
  md5(g::text) FROM generate_series(1, {ROWS}) g;
VACUUM ANALYZE;
CHECKPOINT
"""
_EMPTY = "CREATE DATABASE again TEMPLATE template0"
_BEFORE = "CREATE EXTENSION timescaledb;\nSELECT timescaledb_pre_restore()"


def table(folder: Path) -> Table:
    """Measures for about a minute, on the Docker Engine."""
    backups, restores = Figures(), Figures()
    with postgres_project(folder, "-c", "shared_preload_libraries=timescaledb") as made:
        run(made, "template1", "CREATE DATABASE metrics TEMPLATE template0")
        run(made, "metrics", _FILL)
        [(size,)] = query(made, "metrics", "SELECT pg_database_size('metrics') / 1e6")
        bench = bench_of(made, database="metrics")
        for turn in range(ROUNDS):
            contenders: list[Callable[[], None]] = [
                lambda: _guide(made, folder, backups, restores),
                lambda: _ours(made, bench, backups, restores),
            ]
            for contender in contenders if turn % 2 else reversed(contenders):
                contender()
    about = (
        f"A hypertable of {ROWS:,} rows, {size:.0f} MB, {ROUNDS} rounds in alternating order, "
        "medians. The guide's script goes into an empty database, with the pre- and post-restore "
        "that it leaves out; nothing of it is verified. Interlock's restore counts every row, "
        "compares the schema, and exchanges the databases."
    )
    ways = ("docker exec pg_dump", "docker exec psql, empty database")
    return beside_the_guide("TimescaleDB", about, ways, backups, restores)


def _guide(made: Project, folder: Path, backups: Figures, restores: Figures) -> None:
    script, inside = folder / "guide.sql", made.container("postgres").id
    execute = ("docker", "exec", "--interactive", inside)
    with backups.timed("guide"):
        into(script, (*execute, "pg_dump", "--username=postgres", "metrics"))
    backups.bytes["guide"] = script.stat().st_size
    run(made, "template1", f"CHECKPOINT;\n{_EMPTY}")
    with restores.timed("guide"):
        run(made, "again", _BEFORE)
        out_of(script, (*execute, "psql", "--quiet", "--username=postgres", "again"))
        run(made, "again", "SELECT timescaledb_post_restore()")
    assert query(made, "again", "SELECT count(*) FROM readings") == [(ROWS,)]
    run(made, "template1", "DROP DATABASE again WITH (FORCE)")


def _ours(made: Project, bench: Bench, backups: Figures, restores: Figures) -> None:
    with backups.timed("ours"):
        backup = bench.backup()
    backups.bytes["ours"] = int(bench.outputs["publish"]["stored_bytes"])
    run(made, "template1", "CHECKPOINT")
    kept = restored(bench, backup, "postgres", restores)
    assert query(made, "metrics", "SELECT count(*) FROM readings") == [(ROWS,)]
    run(made, "template1", f"DROP DATABASE metrics_before_{kept} WITH (FORCE)")
