"""Runbooks on paper: every action of every plan is written as commands that a shell can read."""

import subprocess
from pathlib import Path

import pytest

from playbooks.byhand.catalogue import by_hand
from playbooks.model.base import JsonObject
from playbooks.model.plan import ActionCall
from playbooks.model.stack import (
    BackupRules,
    FilesStore,
    HttpHealth,
    PostgresStore,
    Process,
    Service,
    Stack,
)

STACK = Stack(
    name="harbor",
    environment="prod",
    channel="ops-harbor",
    services={
        "api": Service(
            process=Process(
                argv=("api", "--name", "a b"), directory=Path("/srv"), state=Path("/s")
            ),
            health=HttpHealth(url="http://127.0.0.1:1/health"),
        )
    },
    datastores={
        "postgres": PostgresStore(kind="postgres", database='har"bor', user="ops"),
        "uploads": FilesStore(kind="files", path=Path("/srv/up loads")),
    },
    backup=BackupRules(repository="file:///var/backups"),
)
PG: JsonObject = {"datastore": "postgres", "backup": "20261122-010203-k3f9q2", "kept_by": None}
FOLDER: JsonObject = {"datastore": "uploads", "backup": "20261122-010203-k3f9q2"}
CALLS = [
    *((f"postgres.{verb}", PG) for verb in ("dump", "load_side", "settle_side", "verify_side")),
    *((f"postgres.{verb}", PG) for verb in ("identify", "swap", "swap_back", "reopen")),
    ("postgres.drop_side", PG),
    *((f"files.{verb}", FOLDER) for verb in ("dump", "extract", "compare", "exchange")),
    *((f"files.{verb}", FOLDER) for verb in ("exchange_back", "remove_side")),
    ("repository.begin", {}),
    ("repository.publish", {}),
    ("repository.discard", {}),
    ("repository.fetch", PG),
    ("repository.verify", PG),
    ("repository.release", {}),
    *((f"service.{verb}", {"service": "api"}) for verb in ("start", "stop", "is_up")),
]


@pytest.mark.parametrize(("action", "args"), CALLS, ids=[name for name, _ in CALLS])
def test_lines_are_shell(action: str, args: JsonObject) -> None:
    """What is printed for an action is read by a shell without a mistake."""
    lines = by_hand(STACK)(ActionCall(action=action, args=args))
    assert lines
    read = subprocess.run(
        ["bash", "-n"], check=False, input="\n".join(lines), capture_output=True, text=True
    )
    assert read.returncode == 0, read.stderr
    assert read.stderr == ""


def test_the_exchange_is_one_transaction_with_quoted_names() -> None:
    """Both renames are in one transaction, and an odd name cannot break out of it."""
    lines = by_hand(STACK)(ActionCall(action="postgres.swap", args=PG))
    exchange = lines[-1]
    assert exchange.index("BEGIN;") < exchange.index('"har""bor" RENAME TO')
    assert exchange.count("RENAME TO") == 2
    assert exchange.index("COMMIT") > exchange.rindex("ALLOW_CONNECTIONS")


def test_an_unknown_action_is_left_to_people() -> None:
    """An action without commands has none, rather than wrong ones."""
    assert by_hand(STACK)(ActionCall(action="repository.prune")) == ()
