"""What retention says about the backups of a stack, wherever they are."""

from collections.abc import Mapping
from datetime import datetime
from importlib import import_module
from types import MappingProxyType

from playbooks.errors import ActionFailed, SecretUnavailable
from playbooks.model.stack import Stack
from playbooks.ports import Secrets
from playbooks.repository.listing import Listing, Summary
from playbooks.repository.retention import Ruling, rule
from playbooks.repository.rules import rules_of

# Loaded for the kinds that a stack has: the tools of the others need neither time nor memory.
KEEPERS = MappingProxyType(
    {
        "files": "playbooks.keepers.folders",
        "postgres": "playbooks.keepers.databases",
        "postgres-server": "playbooks.keepers.databases",
        "volume": "playbooks.keepers.mounts",
        "azurite": "playbooks.keepers.mounts",
        "terminusdb": "playbooks.keepers.mounts",
        "neo4j": "playbooks.keepers.graphs",
        "redis": "playbooks.keepers.keys",
    }
)


def rulings_on(
    stack: Stack, secrets: Secrets, listing: Listing, now: datetime, protected: Mapping[str, str]
) -> tuple[Ruling, ...]:
    """A ruling on every backup of one repository, newest first. `protected` as in `rule`."""
    return rule(
        listing.backups,
        rules_of(stack).retention,
        now=now,
        protected={
            **still_needed(stack, secrets, listing),
            **protected,
        },
    )


def still_needed(stack: Stack, secrets: Secrets, listing: Listing) -> dict[str, str]:
    """The safety backups that came with data that restores keep, by run or id, and why they stay.

    Where it cannot be seen what is kept of a datastore, all its safety backups stay.
    """
    needed: dict[str, str] = {}
    for name, store in stack.datastores.items():
        safety = {b.run: b.id for b in listing.backups if _is_safety_of(b, name)}
        if not safety:
            continue
        try:
            kept = import_module(KEEPERS[store.kind]).kept(stack, name, secrets, safety)
        except (ActionFailed, SecretUnavailable) as error:
            why = f"a kept copy of {name} may need it, which cannot be seen: {error.message}"
            needed |= dict.fromkeys(safety.values(), why)
            continue
        needed |= {run: f"made with {what}" for run, what in kept.items()}
    return needed


def _is_safety_of(backup: Summary, datastore: str) -> bool:
    return backup.origin == "safety" and datastore in backup.stores
