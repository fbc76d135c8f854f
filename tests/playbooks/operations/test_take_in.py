"""Dumps that somebody brings: loaded where nobody uses them, and restored as any backup."""

import subprocess
from pathlib import Path

import pytest

from playbooks.errors import BrokenBackup, FactUnavailable
from playbooks.hosts.containers.sandbox import throwaway_folder
from playbooks.hosts.postgres.tools import plain_dump_argv, tool_environment
from playbooks.model.stack import Stack
from playbooks.operations.take_in import TAKE_IN, TakeInParams
from tests.support import harbour
from tests.support.postgres import Server
from tests.support.run_plan import Bench


@pytest.fixture
def bench(postgres_server: Server, database: str, tmp_path: Path) -> Bench:
    """A database with all that hurts, and a folder for what is brought."""
    harbour.build(postgres_server, database)
    (tmp_path / "incoming").mkdir()
    described = {
        "name": "harbor",
        "environment": "prod",
        "channel": "ops-harbor",
        "datastores": {"postgres": postgres_server.store(database).model_dump()},
        "backup": {
            "repository": f"file://{tmp_path}/repository",
            "incoming": str(tmp_path / "incoming"),
        },
    }
    return Bench(Stack.model_validate(described))


def take_in(bench: Bench, file: Path) -> str:
    """The id of the backup that it became."""
    bench.run(bench.plan(TAKE_IN, TakeInParams(datastore="postgres", path=str(file))))
    return str(bench.outputs["publish"]["id"])


@pytest.mark.slow
def test_a_bare_dump_is_loaded_counted_and_restored(
    postgres_server: Server, database: str, bench: Bench, tmp_path: Path
) -> None:
    """Rows, owners and privileges are those of the dump; the database's own settings stay; a cut
    dump is refused, and nothing throwaway is left."""
    whole = harbour.contents(postgres_server, database)
    file = tmp_path / "incoming" / "brought"
    store = postgres_server.store(database)
    with file.open("wb") as out:
        argv = plain_dump_argv(store, "--compress=1")
        subprocess.run(argv, env=tool_environment(None, "brought"), stdout=out, check=True)
    backup = take_in(bench, file)
    assert sum(bench.outputs["adopt"]["facts"]["counted"]["rows"].values()) > 0
    harbour.damage(postgres_server, database)
    assert harbour.contents(postgres_server, database) != whole
    bench.restore(backup)
    assert harbour.contents(postgres_server, database) == whole

    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])
    with pytest.raises(BrokenBackup, match="cannot be loaded"):
        take_in(bench, file)
    assert not list(throwaway_folder().glob(f"{bench.newest}-*"))
    assert not list((tmp_path / "repository" / ".scratch").glob("*"))
    file.write_text("SELECT 1;")
    with pytest.raises(FactUnavailable, match="nothing that can be restored"):
        take_in(bench, file)
