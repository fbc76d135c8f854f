"""What the lines of a runbook rest on, read before they are printed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from playbooks.errors import UnknownName
from playbooks.model.base import JsonObject
from playbooks.model.stack import Stack
from playbooks.repository.manifest import Manifest, StoreEntry


@dataclass(frozen=True)
class Known:
    """The stack, the facts a plan is bound to, and the manifests of the backups it names."""

    stack: Stack
    binding: JsonObject = field(default_factory=dict)
    manifests: Mapping[str, Manifest] = field(default_factory=dict)

    def bound(self, datastore: str) -> JsonObject:
        """The facts that the plan is bound to for one datastore; a recovery has several."""
        found: JsonObject = self.binding.get("datastores", {}).get(datastore, self.binding)
        return found

    def manifest(self, backup: str) -> Manifest:
        """Raises UnknownName when that backup's manifest was not read."""
        if backup not in self.manifests:
            raise UnknownName(
                f"The manifest of backup {backup} is not known, so its restore cannot be printed.",
                "Ask for the plan again.",
            )
        return self.manifests[backup]

    def entry(self, args: JsonObject) -> StoreEntry:
        """The entry of the datastore and the backup that an action's arguments name."""
        return self.manifest(str(args["backup"])).store(str(args["datastore"]))


Lines = Sequence[str]
# The undo of an exchange is an exchange, and right only after one.
ONLY_IF_EXCHANGED = "# Only when they were exchanged: see which is which."
# What a person types to do what an action does. The arguments are the plan's own: what other
# steps give (`{"$from": …}`) is still open.
Describe = Callable[[Known, JsonObject], Lines]
