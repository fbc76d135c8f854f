"""A datastore of kind files: how it is found, and how its artifacts are called."""

from playbooks.errors import BadArgument, BrokenBackup
from playbooks.model.datastores import FilesStore
from playbooks.model.stack import Stack
from playbooks.repository.manifest import StoreEntry

INDEX_MEDIA = "application/jsonl"
TAR_MEDIA = "application/x-tar"


def files_store(stack: Stack, name: str) -> FilesStore:
    """Raises UnknownName, BadArgument."""
    store = stack.datastore(name)
    if not isinstance(store, FilesStore):
        raise BadArgument(f"{stack.name}/{name} is {store.kind}, not files.")
    return store


def tar_name(datastore: str) -> str:
    return f"{datastore}.tar"


def index_name(datastore: str) -> str:
    return f"{datastore}.index"


def index_of(entry: StoreEntry) -> str:
    """The stored name of a backup's index. Raises BrokenBackup."""
    for artifact in entry.artifacts:
        if artifact.media == INDEX_MEDIA:
            return artifact.name
    raise BrokenBackup(f"The backup of {entry.datastore} has no index.")
