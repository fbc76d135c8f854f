"""How the restore of a mount is rehearsed: into a fresh volume of a throwaway container. Pure."""

from collections.abc import Sequence

from playbooks.datastores import drilling
from playbooks.datastores.protocol import DrillParams, DrillPart
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import Line
from playbooks.model.stack import Stack
from playbooks.sizes import counted, in_bytes
from playbooks.volumes.store import mounted_store

# Names, inodes and tar headers come on top of the bytes of files.
_ROOM = 1.05


class VolumeDrill:
    """A `DrillPlanner` for what is mounted into containers."""

    def drill_needs(self, stack: Stack, params: DrillParams) -> Sequence[FactQuery]:
        return (drilling.room_of("engine"), _image(stack, params))

    def drill(self, stack: Stack, params: DrillParams, facts: Facts) -> DrillPart:
        """Raises FactUnavailable, BrokenBackup when the backup does not hold the datastore."""
        name, entry = params.datastore, drilling.entry_of(params, facts)
        image = facts.of(_image(stack, params))["image"]
        held = f"{counted(entry.facts['files'], 'file')}, {in_bytes(entry.facts['bytes'])}"
        more = {"digest": entry.facts["digest"], "image": image}
        return DrillPart(
            rehearse=drilling.rehearse_step(stack, "volume", params, more),
            guards=(drilling.room(name, "engine", int(entry.facts["bytes"] * _ROOM)),),
            shown=(Line(label=name, value=f"{held}, unpacked into a fresh volume"),),
            binding={f"{name}.image": image},
        )


def _image(stack: Stack, params: DrillParams) -> FactQuery:
    service = mounted_store(stack, params.datastore).service
    return FactQuery(fact="drill.image", args={"service": service})


VOLUME_DRILL = VolumeDrill()
