"""A PostgreSQL server as it is when it was just made: what a recovery restores into. Pure."""

from collections.abc import Sequence
from datetime import datetime

from playbooks.datastores.postgres_model import (
    DatabaseFact,
    DumpFacts,
    OurUser,
    ServerDumpFacts,
    ServerFact,
)
from playbooks.datastores.protocol import RestoreParams
from playbooks.model.base import JsonObject
from playbooks.model.datastores import PostgresAccess
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.stack import Stack
from playbooks.repository.manifest import Manifest


def vacant_postgres(stack: Stack, params: RestoreParams, facts: Facts) -> Facts:
    """An empty server of the version that the backup was made on, of which nothing else is known.
    Raises FactUnavailable, BrokenBackup."""
    dump = DumpFacts.model_validate(_recorded(params, facts))
    fact = _empty(stack, params, facts, [dump])
    query = FactQuery(fact="postgres.database", args={"datastore": params.datastore})
    return Facts({**facts.values, query.key: fact.model_dump(mode="json")}, facts.missing)


def vacant_server(stack: Stack, params: RestoreParams, facts: Facts) -> Facts:
    """The same for a datastore that is all databases of a server."""
    dumps = ServerDumpFacts.model_validate(_recorded(params, facts)).databases
    fact = ServerFact(
        nowhere=_empty(stack, params, facts, list(dumps.values())),
        databases={},
        data_free_bytes=None,
        data_device=None,
    )
    query = FactQuery(fact="postgres.server", args={"datastore": params.datastore})
    return Facts({**facts.values, query.key: fact.model_dump(mode="json")}, facts.missing)


def _recorded(params: RestoreParams, facts: Facts) -> JsonObject:
    known = facts.of(FactQuery(fact="repository.backup", args={"backup": params.backup}))
    return Manifest.model_validate(known["manifest"]).store(params.datastore).facts


def _empty(
    stack: Stack, params: RestoreParams, facts: Facts, dumps: Sequence[DumpFacts]
) -> DatabaseFact:
    """`dumps` has one at least. What they need of extensions is thought to be offered."""
    store = stack.datastore(params.datastore)
    offers: dict[str, set[str]] = {}
    for dump in dumps:
        for name, extension in dump.description.extensions.items():
            offers.setdefault(name, set()).add(extension.version)
    return DatabaseFact(
        read_at=datetime.fromisoformat(facts.of(FactQuery(fact="clock.now"))["now"]),
        server=dumps[0].server,
        in_recovery=False,
        data_free_bytes=None,
        data_device=None,
        user=_owner_of_all(store.user if isinstance(store, PostgresAccess) else ""),
        roles=tuple(sorted({role for dump in dumps for role in dump.description.roles})),
        databases=(),
        offers={name: tuple(sorted(versions)) for name, versions in offers.items()},
    )


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
