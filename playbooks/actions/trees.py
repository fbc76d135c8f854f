"""A tree of files as the artifacts of a backup: a tar, and an index that says what is in it."""

from collections.abc import Iterable, Iterator
from typing import IO

from playbooks.folders.store import INDEX_MEDIA, TAR_MEDIA, index_name, tar_name
from playbooks.folders.tree import READ_BYTES
from playbooks.ports import Work
from playbooks.repository.codec import codec_for, stored_name, write_artifact
from playbooks.repository.listing import folder_of
from playbooks.repository.manifest import Artifact
from playbooks.repository.of_stack import recipients_of_stack, repository_of


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
    packed = _write(work, backup, tar_name(datastore), TAR_MEDIA, tar, total=total)
    listing = _pieces(index)
    return packed, _write(work, backup, index_name(datastore), INDEX_MEDIA, listing, total=total)


def _write(
    work: Work, backup: str, name: str, media: str, chunks: Iterable[bytes], *, total: int | None
) -> Artifact:
    recipients = recipients_of_stack(work.stack)
    codec = codec_for(compress=True, recipients=recipients)
    return write_artifact(
        repository_of(work.stack, work.secrets),
        f"{folder_of(work.stack.name, backup)}/{stored_name(name, codec)}",
        chunks,
        codec=codec,
        recipients=recipients,
        finish=work.check_stop,
        progress=work.progress,
        check_stop=work.check_stop,
        total=total,
        media=media,
    )


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while chunk := file.read(READ_BYTES):
        yield chunk
