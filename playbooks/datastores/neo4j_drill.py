"""How the restore of a Neo4j server is rehearsed: in a container of the same image. Pure."""

from collections.abc import Sequence

from playbooks.datastores import drilling
from playbooks.datastores.neo4j_model import DumpFacts, neo4j_store
from playbooks.datastores.protocol import DrillParams, DrillPart
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import Line
from playbooks.model.stack import Stack
from playbooks.sizes import counted, in_bytes

# The dumps, what they are loaded into, and transaction logs of their full size.
_ROOM = 1.5
_LOGS = 600_000_000


class Neo4jDrill:
    """A `DrillPlanner` for Neo4j."""

    def drill_needs(self, stack: Stack, params: DrillParams) -> Sequence[FactQuery]:
        return (drilling.room_of("engine"), _image(stack, params))

    def drill(self, stack: Stack, params: DrillParams, facts: Facts) -> DrillPart:
        """Raises FactUnavailable, BrokenBackup when the backup does not hold the datastore."""
        name, entry = params.datastore, drilling.entry_of(params, facts)
        dump = DumpFacts.model_validate(entry.facts)
        image = facts.of(_image(stack, params))["image"]
        need = int((entry.bytes + dump.data_bytes) * _ROOM) + _LOGS
        held = counted(dump.contents.nodes, "node") if dump.contents else "not counted"
        return DrillPart(
            rehearse=drilling.rehearse_step(
                stack, "neo4j", params, {"image": image, "wanted": dump.model_dump(mode="json")}
            ),
            guards=(drilling.room(name, "engine", need),),
            shown=(
                Line(
                    label=name,
                    value=f"{held}, {in_bytes(dump.data_bytes)}, in a container of its own image",
                ),
            ),
            binding={f"{name}.image": image},
        )


def _image(stack: Stack, params: DrillParams) -> FactQuery:
    service = neo4j_store(stack, params.datastore).service
    return FactQuery(fact="drill.image", args={"service": service})


NEO4J_DRILL = Neo4jDrill()
