"""Backup and restore of a real PostgreSQL, planned from its facts and carried out."""

from pathlib import Path

import pytest

from playbooks.model.stack import Stack
from tests.support import harbour
from tests.support.postgres import Server
from tests.support.run_plan import Bench


def bench_of(server: Server, database: str, folder: Path, **backup: object) -> Bench:
    stack = Stack.model_validate(
        {
            "name": "harbor",
            "environment": "prod",
            "channel": "ops-harbor",
            "datastores": {"postgres": server.store(database).model_dump()},
            "backup": {"repository": f"file://{folder}/repository", **backup},
        }
    )
    return Bench(stack)


@pytest.fixture
def bench(postgres_server: Server, database: str, tmp_path: Path) -> Bench:
    harbour.build(postgres_server, database)
    return bench_of(postgres_server, database, tmp_path)


def test_damage_is_taken_back_and_brought_again(
    postgres_server: Server, database: str, bench: Bench
) -> None:
    """After a restore everything is as at the backup; after the undo the damage is as it was."""
    whole = harbour.contents(postgres_server, database)
    backup = bench.backup()
    harbour.damage(postgres_server, database)
    damaged = harbour.contents(postgres_server, database)
    assert damaged != whole
    plan = bench.restore_plan(backup)
    run = bench.run(plan).run
    assert harbour.contents(postgres_server, database) == whole
    undo = bench.restore_plan(run, "undo")
    bench.run(undo)
    assert harbour.contents(postgres_server, database) == damaged
