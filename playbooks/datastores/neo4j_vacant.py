"""A Neo4j server whose container is gone: what a recovery restores into. Pure."""

from playbooks.datastores.neo4j_model import DumpFacts, Neo4jFact, Noted
from playbooks.datastores.protocol import RestoreParams
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.stack import Stack
from playbooks.repository.manifest import Manifest


def vacant_neo4j(_stack: Stack, params: RestoreParams, facts: Facts) -> Facts:
    """A container that is to be made, of the version that the backup was made on. Raises
    FactUnavailable, BrokenBackup."""
    known = facts.of(FactQuery(fact="repository.backup", args={"backup": params.backup}))
    entry = Manifest.model_validate(known["manifest"]).store(params.datastore)
    dump = DumpFacts.model_validate(entry.facts)
    fact = Neo4jFact(
        container="",
        image=dump.image,
        running=False,
        version=dump.version,
        there=False,
        data_bytes=0,
        free_bytes=0,
        noted=Noted(why="it is not there"),
    )
    query = FactQuery(fact="neo4j.state", args={"datastore": params.datastore})
    return Facts({**facts.values, query.key: fact.model_dump(mode="json")}, facts.missing)
