"""The runbooks of a PostgreSQL database, followed to the letter with bash and plain tools."""

import shlex
from collections.abc import Iterator
from pathlib import Path

import pyrage  # type: ignore[import-untyped]
import pytest

from playbooks.datastores.protocol import BackupParams
from playbooks.model.facts import FactQuery
from playbooks.model.stack import Stack
from playbooks.operations.backup import BACKUP
from tests.support import harbour
from tests.support.postgres import Server, fresh_database
from tests.support.run_plan import Bench
from tests.support.runbook import commands, follow, printed
from tests.support.work import KnownSecrets

ODD = 'h\'r "$(touch pwned)" `id` \\ x=;ä'


@pytest.fixture
def database(postgres_server: Server) -> Iterator[str]:
    with fresh_database(postgres_server, ODD) as name:
        yield name


@pytest.fixture
def bench(postgres_server: Server, database: str, tmp_path: Path) -> Bench:
    """Encrypted backups of a database whose name is as odd as names get; so is the folder's."""
    key = pyrage.x25519.Identity.generate()
    identity = tmp_path / "age's key"
    identity.write_text(f"{key}\n")
    store = postgres_server.store(database, password="env:HARBOUR_PASSWORD")
    stack = Stack.model_validate(
        {
            "name": "harbor",
            "environment": "prod",
            "channel": "ops-harbor",
            "datastores": {"postgres": store.model_dump()},
            "backup": {
                "repository": f"file://{tmp_path}/rest $(touch pwned) 'here'",
                "recipients": [str(key.to_public())],
                "identity": f"file:{identity}",
            },
        }
    )
    harbour.build(postgres_server, database)
    secrets = {"env:HARBOUR_PASSWORD": "not-asked-for", f"file:{identity}": str(key)}
    return Bench(stack, KnownSecrets(secrets))


def test_a_restore_followed_on_paper_brings_the_database_back(
    postgres_server: Server, database: str, bench: Bench, tmp_path: Path
) -> None:
    """A person with the runbook, bash and the backup gets back all that the bot would have got,
    keeps the damaged database, and can exchange them again by the runbook of the undo."""
    whole = harbour.contents(postgres_server, database)
    backup = bench.backup()
    harbour.damage(postgres_server, database)
    damaged = harbour.contents(postgres_server, database)
    runbook = printed(bench.stack, bench.restore_plan(backup))
    assert "not-asked-for" not in runbook
    done = follow(commands(runbook), tmp_path, {"HARBOUR_PASSWORD": "not-asked-for"})
    assert done.returncode == 0, done.stderr
    assert harbour.contents(postgres_server, database) == whole
    run = "h220102"
    assert not (tmp_path / "pwned").exists()
    undone = printed(bench.stack, bench.restore_plan(run, "undo"))
    again = follow(
        [text.replace("RUN=h220102", "RUN=h220103") for text in commands(undone)],
        tmp_path,
        {"HARBOUR_PASSWORD": "not-asked-for"},
    )
    assert again.returncode == 0, again.stderr
    assert harbour.contents(postgres_server, database) == damaged


def test_the_restore_on_paper_can_be_taken_back(
    postgres_server: Server, database: str, bench: Bench, tmp_path: Path
) -> None:
    """The undo lines of the exchange and of the loading leave the database as it was."""
    backup = bench.backup()
    harbour.damage(postgres_server, database)
    damaged = harbour.contents(postgres_server, database)
    runbook = printed(bench.stack, bench.restore_plan(backup))
    back = commands(runbook, ("Undo, only to take it back",))[1:]
    forward = commands(runbook)
    done = follow([*forward, *reversed(back)], tmp_path, {"HARBOUR_PASSWORD": "x"})
    assert done.returncode == 0, done.stderr
    assert harbour.contents(postgres_server, database) == damaged
    left = {name for name in postgres_server.databases() if name.startswith(f"{database}_")}
    assert left == set()


def test_a_backup_followed_on_paper_can_be_loaded(
    postgres_server: Server, database: str, bench: Bench, tmp_path: Path
) -> None:
    """The dump that a person made by the runbook holds the database: it restores to the same."""
    bench.backup()
    whole = harbour.plain_contents(postgres_server, database)
    plan = bench.plan(BACKUP, BackupParams(datastores=("postgres",)))
    done = follow(commands(printed(bench.stack, plan)), tmp_path, {"HARBOUR_PASSWORD": "x"})
    assert done.returncode == 0, done.stderr
    (dump,) = tmp_path.glob("rest*/.by-hand/harbor/*-h220102/postgres.dump.zst.age")
    (roles,) = tmp_path.glob("rest*/.by-hand/harbor/*-h220102/postgres.globals.sql.zst.age")
    with fresh_database(postgres_server) as other:
        loaded = follow(
            [
                "set -o pipefail",
                shlex.join(("cp", str(dump), "dump")),
                shlex.join(("cp", str(roles), "roles")),
                'cp "age\'s key" key',
                "age --decrypt --identity key roles | zstd -d | grep 'CREATE ROLE'",
                "age --decrypt --identity key dump | zstd -d | "
                f"{postgres_server.tools}/pg_restore --exit-on-error --username=postgres "
                f"--host='{postgres_server.host}' --port={postgres_server.port} --dbname={other}",
            ],
            tmp_path,
        )
        assert loaded.returncode == 0, loaded.stderr
        assert harbour.plain_contents(postgres_server, other) == whole
    assert len(bench_listing(bench)) == 1
    assert not (tmp_path / "pwned").exists()


def bench_listing(bench: Bench) -> list[object]:
    """What Interlock lists: nothing that was made by hand."""
    query = FactQuery(fact="repository.list")
    listing = bench.read([query]).of(query)
    assert listing["unfinished"] == []
    return list(listing["backups"])
