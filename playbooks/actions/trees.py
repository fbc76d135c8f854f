"""A tree of files as the artifacts of a backup: a tar, and an index that says what is in it."""

from collections.abc import Iterable, Iterator
from typing import IO

from playbooks.actions.storing import store_stream
from playbooks.folders.store import INDEX_MEDIA, TAR_MEDIA, index_name, tar_name
from playbooks.folders.tree import READ_BYTES
from playbooks.ports import Work
from playbooks.repository.manifest import Artifact


def stored_tree(
    work: Work,
    datastore: str,
    backup: str,
    *,
    tar: Iterable[bytes],
    index: IO[bytes],
    total: int | None,
) -> tuple[Artifact, Artifact]:
    """Stores the tar and then the index, which is complete once the tar has been read.

    Raises what reading raises, RepositoryError, NoSpace.
    """
    finish = work.check_stop
    packed = store_stream(
        work, backup, tar_name(datastore), TAR_MEDIA, tar, finish=finish, total=total
    )
    listing = store_stream(
        work, backup, index_name(datastore), INDEX_MEDIA, _pieces(index), finish=finish
    )
    return packed, listing


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while chunk := file.read(READ_BYTES):
        yield chunk
