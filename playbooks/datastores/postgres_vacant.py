"""A PostgreSQL server as it is when it was just made: what a recovery restores into. Pure."""

from datetime import datetime

from playbooks.datastores.postgres_model import DatabaseFact, DumpFacts, OurUser
from playbooks.datastores.protocol import RestoreParams
from playbooks.model.datastores import PostgresStore
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.stack import Stack
from playbooks.repository.manifest import Manifest


def vacant_postgres(stack: Stack, params: RestoreParams, facts: Facts) -> Facts:
    """An empty server of the version that the backup was made on, of which nothing else is known.
    Raises FactUnavailable, BrokenBackup."""
    known = facts.of(FactQuery(fact="repository.backup", args={"backup": params.backup}))
    entry = Manifest.model_validate(known["manifest"]).store(params.datastore)
    dump, store = DumpFacts.model_validate(entry.facts), stack.datastore(params.datastore)
    fact = DatabaseFact(
        read_at=datetime.fromisoformat(facts.of(FactQuery(fact="clock.now"))["now"]),
        server=dump.server,
        in_recovery=False,
        data_free_bytes=None,
        data_device=None,
        user=_owner_of_all(store.user if isinstance(store, PostgresStore) else ""),
        roles=dump.description.roles,
        databases=(),
        offers={name: (each.version,) for name, each in dump.description.extensions.items()},
    )
    query = FactQuery(fact="postgres.database", args={"datastore": params.datastore})
    return Facts({**facts.values, query.key: fact.model_dump(mode="json")}, facts.missing)


def _owner_of_all(name: str) -> OurUser:
    """Who initialised a server may do anything in it."""
    return OurUser(
        name=name,
        superuser=True,
        create_database=True,
        create_role=True,
        signal_backends=True,
        acts_as_owner=True,
    )
