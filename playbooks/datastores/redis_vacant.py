"""A Redis server whose container is gone: what a recovery restores into. Pure."""

from playbooks.datastores.protocol import RestoreParams
from playbooks.datastores.redis_model import DumpFacts, RedisFact
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.stack import Stack
from playbooks.repository.manifest import Manifest


def vacant_redis(stack: Stack, params: RestoreParams, facts: Facts) -> Facts:
    """A container that was made and never started, its data where the backup had them. Raises
    FactUnavailable, BrokenBackup."""
    known = facts.of(FactQuery(fact="repository.backup", args={"backup": params.backup}))
    entry = Manifest.model_validate(known["manifest"]).store(params.datastore)
    dump = DumpFacts.model_validate(entry.facts)
    fact = RedisFact(
        running=False,
        container="",
        container_name=stack.datastore(params.datastore).service or params.datastore,
        image="",
        mounts=(dump.layout.folder,),
    )
    query = FactQuery(fact="redis.state", args={"datastore": params.datastore})
    return Facts({**facts.values, query.key: fact.model_dump(mode="json")}, facts.missing)
