"""Retention leaves the safety backups of databases that are still kept."""

from datetime import timedelta
from pathlib import Path

import pytest

from playbooks.catalogue import ACTIONS
from playbooks.datastores.protocol import BackupParams
from playbooks.model.base import JsonObject
from playbooks.model.stack import Stack
from playbooks.operations.backup import BACKUP
from playbooks.registry import found
from tests.support.postgres import Server
from tests.support.run_plan import Bench


@pytest.fixture
def bench(postgres_server: Server, database: str, tmp_path: Path) -> Bench:
    postgres_server.run(database, "CREATE TABLE ships (id int PRIMARY KEY)")
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


def pruned(bench: Bench, stack: Stack | None = None) -> JsonObject:
    work = bench.work()
    work.stack = stack or bench.stack
    return found(ACTIONS, "repository.prune").call(work, {})


def test_a_safety_backup_stays_as_long_as_the_copy_it_was_made_with(
    postgres_server: Server, database: str, bench: Bench
) -> None:
    """Old and many times followed, it is needed while the database it belongs to is kept; it
    stays too while nobody can say, and goes once the copy is gone."""
    restored = bench.restore(bench.backup())
    safety = str(bench.outputs["publish"]["id"])
    assert safety.endswith(restored.run)
    for _ in range(4):
        bench.now += timedelta(days=30)
        params = BackupParams(datastores=("postgres",), origin="safety")
        bench.run(bench.plan(BACKUP, params))
    kept = f"{database}_before_{restored.run}"
    assert pruned(bench)["kept"][safety] == f"made with the kept copy of postgres, {kept}"
    postgres_server.drop(kept)
    away = bench.stack.datastores["postgres"].model_copy(update={"port": 1})
    unseen = bench.stack.model_copy(update={"datastores": {"postgres": away}})
    assert "which cannot be seen" in pruned(bench, unseen)["kept"][safety]
    assert safety in pruned(bench)["removed"]
