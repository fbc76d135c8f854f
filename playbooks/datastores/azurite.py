"""How Azurite's storage is backed up and restored. Pure.

Its indexes (`__azurite_db_*.json`) are written now and then and at its end, its blobs at once: only
while it is down do the two belong together.
"""

from collections.abc import Sequence

from playbooks.datastores.volumes import VolumePlanner
from playbooks.errors import BadArgument
from playbooks.model.base import JsonObject
from playbooks.model.stack import Stack
from playbooks.volumes.store import mounted_store


class AzuritePlanner(VolumePlanner):
    """A `DatastorePlanner` for Azurite: its whole storage, while it is down."""

    def check(self, stack: Stack, name: str, now: JsonObject) -> None:
        """Raises BadArgument where its `-l` is not in the mount, or it keeps all in memory."""
        store, argv = mounted_store(stack, name), now["argv"]
        if "--inMemoryPersistence" in argv:
            raise BadArgument(
                f"{stack.name}/{store.service} runs with --inMemoryPersistence: "
                "there is nothing on a disk to back up.",
                f"Let it run with --location {store.path}.",
            )
        location = location_of(argv)
        if location is not None and not f"{location}/".startswith(f"{store.path}/"):
            raise BadArgument(
                f"{stack.name}/{store.service} keeps its data in {location}, "
                f"not in {store.path} where its volume is mounted.",
                f"Let it run with --location {store.path}, or correct `path` of {name}.",
            )


def location_of(argv: Sequence[str]) -> str | None:
    """The folder that `-l` or `--location` names; None where the command line does not say it."""
    for word, following in zip(argv, [*argv[1:], ""], strict=True):
        if word in {"-l", "--location"}:
            return following.rstrip("/")
        if word.startswith("--location="):
            return word.removeprefix("--location=").rstrip("/")
    return None


AZURITE = AzuritePlanner()
