"""Objectives of what is backed up when it changes: the age of its backup is no loss."""

from datetime import UTC, datetime, timedelta
from typing import Any

from playbooks.model.stack import Stack
from playbooks.protection import scenarios, standings
from playbooks.repository.listing import StoreSummary, Summary

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
STACK = Stack.model_validate(
    {
        "name": "harbor",
        "environment": "prod",
        "channel": "ops",
        "objectives": {"rpo": "1d", "scenarios": {"all": {"rpo": "1d"}}},
        "datastores": {
            "config": {"kind": "files", "path": "/config"},
            "uploads": {"kind": "files", "path": "/uploads"},
        },
        "backup": {
            "repository": "/backups",
            "schedules": {
                "config": {"datastores": ["config"], "on": "change"},
                "weekly": {"at": "03:00", "on": "weekly sunday"},
            },
        },
    }
)


def backup(days: float, *stores: str) -> Summary:
    made = NOW - timedelta(days=days)
    held = StoreSummary(kind="files", bytes=1, stored_bytes=1, seconds=1.0)
    values: dict[str, Any] = {
        "id": f"{made:%Y%m%d-%H%M%S}-abcdef",
        "made_at": made,
        "origin": "scheduled",
        "run": "abcdef",
        "requester": "schedule config",
        "environment": "prod",
        "stores": dict.fromkeys(stores, held),
        "bytes": 1,
        "stored_bytes": 1,
        "encrypted": False,
    }
    return Summary.model_validate(values)


def test_an_old_backup_of_what_did_not_change_is_good_enough() -> None:
    """What goes by the clock is held against the objective, also in the same stack and scenario."""
    found = [backup(40, "config"), backup(2, "uploads")]
    config, uploads = standings(STACK, found, {}, NOW)
    assert (config.too_old, config.on_change, config.age_objective) == (False, True, None)
    assert (uploads.too_old, uploads.on_change) == (True, False)
    [scenario] = scenarios(STACK, (config, uploads))
    assert scenario.age == timedelta(days=2).total_seconds()


def test_without_any_backup_the_objective_stays() -> None:
    """So that one that was never made is told."""
    config, _ = standings(STACK, [backup(1, "uploads")], {}, NOW)
    assert config.newest is None
    assert config.age_objective == timedelta(days=1).total_seconds()
