"""What retention says about the backups of a stack, wherever they are."""

from collections.abc import Mapping
from datetime import datetime

from playbooks.errors import ActionFailed, SecretUnavailable
from playbooks.folders.kept import copies
from playbooks.hosts.neo4j import state as neo4j_state
from playbooks.hosts.neo4j.server import server_of
from playbooks.hosts.postgres.connection import administering, postgres_store
from playbooks.hosts.postgres.kept import kept_by_runs, kept_copies
from playbooks.hosts.redis.kept import kept_by
from playbooks.model.datastores import FilesStore, PostgresAccess, PostgresStore, RedisStore
from playbooks.model.neo4j import Neo4jStore
from playbooks.model.stack import Stack
from playbooks.model.volumes import MountedStore
from playbooks.ports import Secrets
from playbooks.repository.catalogue import Listing, Summary
from playbooks.repository.of_stack import rules_of
from playbooks.repository.retention import Ruling, rule
from playbooks.volumes.looking import look, order_for

_TAG = "interlock-retention"
_LOOK_SECONDS = 3.0


def rulings_on(
    stack: Stack, secrets: Secrets, listing: Listing, now: datetime, protected: Mapping[str, str]
) -> tuple[Ruling, ...]:
    """A ruling on every backup of one repository, newest first. `protected` as in `rule`."""
    return rule(
        listing.backups,
        rules_of(stack).retention,
        now=now,
        protected={
            **kept_by_folders(stack),
            **kept_by_databases(stack, secrets, listing),
            **kept_in_mounts(stack, listing),
            **kept_beside_graphs(stack, listing),
            **kept_beside_keys(stack, secrets, listing),
            **protected,
        },
    )


def kept_by_folders(stack: Stack) -> dict[str, str]:
    """The safety backups that came with folders still kept, by run, and why they stay."""
    return {
        copy.run: f"made with the kept copy of {name}, {copy.path}"
        for name, store in stack.datastores.items()
        for copy in (copies(store.path, store.include) if isinstance(store, FilesStore) else ())
    }


def kept_by_databases(stack: Stack, secrets: Secrets, listing: Listing) -> dict[str, str]:
    """The safety backups that came with databases still kept, by run, and why they stay.

    Where a server cannot be asked, all safety backups of its datastore stay.
    """
    needed: dict[str, str] = {}
    for name, store in stack.datastores.items():
        if not isinstance(store, PostgresAccess):
            continue
        try:
            reached = postgres_store(stack, name)
            with administering(reached, secrets, _TAG) as admin:
                one = isinstance(store, PostgresStore)
                kept = kept_copies(admin, reached.database) if one else kept_by_runs(admin)
        except (ActionFailed, SecretUnavailable) as error:
            why = f"a kept copy of {name} may need it, which cannot be seen: {error.message}"
            needed |= {b.id: why for b in listing.backups if _is_safety_of(b, name)}
            continue
        needed |= {c.run: f"made with the kept copy of {name}, {c.database}" for c in kept}
    return needed


def kept_in_mounts(stack: Stack, listing: Listing) -> dict[str, str]:
    """The safety backups that came with contents of mounts still kept, by run, and why they stay.

    Where a mount cannot be looked into, all safety backups of its datastore stay.
    """
    needed: dict[str, str] = {}
    for name, store in stack.datastores.items():
        safety = [b.id for b in listing.backups if _is_safety_of(b, name)]
        if not isinstance(store, MountedStore) or not safety:
            continue
        try:
            order = order_for(stack, name, run="retention", purpose=_TAG, read_only=True)
            kept = look(order, store.path, _LOOK_SECONDS).kept
        except ActionFailed as error:
            why = f"a kept copy of {name} may need it, which cannot be seen: {error.message}"
            needed |= dict.fromkeys(safety, why)
            continue
        needed |= {c.run: f"made with the kept content of {name}" for c in kept}
    return needed


def kept_beside_graphs(stack: Stack, listing: Listing) -> dict[str, str]:
    """The same for the databases of Neo4j servers."""
    needed: dict[str, str] = {}
    for name, store in stack.datastores.items():
        safety = [b.id for b in listing.backups if _is_safety_of(b, name)]
        if not isinstance(store, Neo4jStore) or not safety:
            continue
        try:
            kept = neo4j_state.look_once(server_of(stack, name), _TAG).kept
        except ActionFailed as error:
            why = f"a kept copy of {name} may need it, which cannot be seen: {error.message}"
            needed |= dict.fromkeys(safety, why)
            continue
        needed |= {c.run: f"made with the kept databases of {name}" for c in kept}
    return needed


def kept_beside_keys(stack: Stack, secrets: Secrets, listing: Listing) -> dict[str, str]:
    """The same for the data of Redis servers."""
    needed: dict[str, str] = {}
    for name, store in stack.datastores.items():
        safety = {b.run: b.id for b in listing.backups if _is_safety_of(b, name)}
        if not isinstance(store, RedisStore) or not safety:
            continue
        try:
            kept = kept_by(stack, name, secrets, safety)
        except (ActionFailed, SecretUnavailable) as error:
            why = f"a kept copy of {name} may need it, which cannot be seen: {error.message}"
            needed |= dict.fromkeys(safety.values(), why)
            continue
        needed |= {run: f"made with the kept data of {name}" for run in kept}
    return needed


def _is_safety_of(backup: Summary, datastore: str) -> bool:
    return backup.origin == "safety" and datastore in backup.stores
