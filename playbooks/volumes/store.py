"""A datastore that is a mount of a container: how it is found, and how its artifacts are called."""

from playbooks.errors import BadArgument
from playbooks.folders.places import OWN_PREFIX
from playbooks.model.stack import Stack
from playbooks.model.volumes import MountedStore


def mounted_store(stack: Stack, name: str) -> MountedStore:
    """Raises UnknownName, BadArgument."""
    store = stack.datastore(name)
    if not isinstance(store, MountedStore):
        raise BadArgument(f"{stack.name}/{name} is {store.kind}, and no mount of a container.")
    return store


def holder_of(store: MountedStore, run: str) -> str:
    """The folder in the mount that holds what one run keeps out of the way, as the container
    sees it."""
    return f"{store.path}/{OWN_PREFIX}{run}"
