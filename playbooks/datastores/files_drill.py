"""How the restore of a folder is rehearsed: unpacked elsewhere and compared. Pure."""

from collections.abc import Sequence

from playbooks.datastores import drilling
from playbooks.datastores.protocol import DrillParams, DrillPart
from playbooks.folders.store import files_store
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import Line
from playbooks.model.stack import Stack
from playbooks.sizes import counted, in_bytes

# Names, inodes and tar headers come on top of the bytes of files.
_ROOM = 1.05


class FilesDrill:
    """A `DrillPlanner` for folders."""

    def drill_needs(self, stack: Stack, params: DrillParams) -> Sequence[FactQuery]:
        files_store(stack, params.datastore)
        return (drilling.room_of("scratch"),)

    def drill(self, stack: Stack, params: DrillParams, facts: Facts) -> DrillPart:
        """Raises FactUnavailable, BrokenBackup when the backup does not hold the folder."""
        name, entry = params.datastore, drilling.entry_of(params, facts)
        held = f"{counted(entry.facts['files'], 'file')}, {in_bytes(entry.facts['bytes'])}"
        return DrillPart(
            rehearse=drilling.rehearse_step(
                stack, "files", params, {"digest": entry.facts["digest"]}
            ),
            guards=(drilling.room(name, "scratch", int(entry.facts["bytes"] * _ROOM)),),
            shown=(Line(label=name, value=f"{held}, unpacked into a folder of its own"),),
        )


FILES_DRILL = FilesDrill()
