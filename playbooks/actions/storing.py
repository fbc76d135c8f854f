"""What a run stores in the backup that is open, and what it says of it there."""

from collections.abc import Callable, Iterable, Sequence
from time import monotonic

from playbooks.model.base import JsonObject
from playbooks.ports import Work
from playbooks.repository.codec import (
    codec_for,
    stored_name,
    write_artifact,
    write_packed_artifact,
)
from playbooks.repository.listing import folder_of
from playbooks.repository.manifest import Artifact, StoreEntry
from playbooks.repository.of_stack import recipients_of_stack, repository_of


def store_stream(
    work: Work,
    backup: str,
    name: str,
    media: str,
    chunks: Iterable[bytes],
    *,
    finish: Callable[[], None],
    total: int | None = None,
    compress: bool = True,
) -> Artifact:
    """Stores a stream under its plain name, compressed unless it comes so, sealed where the stack
    has recipients. Parameters and errors as of `write_artifact`."""
    recipients = recipients_of_stack(work.stack)
    codec = codec_for(compress=compress, recipients=recipients)
    return write_artifact(
        repository_of(work.stack, work.secrets),
        f"{folder_of(work.stack.name, backup)}/{stored_name(name, codec)}",
        chunks,
        codec=codec,
        recipients=recipients,
        finish=finish,
        progress=_telling(work),
        check_stop=work.check_stop,
        total=total,
        media=media,
    )


def store_packed(
    work: Work,
    backup: str,
    name: str,
    media: str,
    chunks: Iterable[bytes],
    *,
    finish: Callable[[], None],
    total: int | None = None,
) -> Artifact:
    """Stores a stream that comes packed with zstd. Errors as of `write_packed_artifact`."""
    recipients = recipients_of_stack(work.stack)
    stored = stored_name(name, codec_for(compress=True, recipients=recipients))
    return write_packed_artifact(
        repository_of(work.stack, work.secrets),
        f"{folder_of(work.stack.name, backup)}/{stored}",
        chunks,
        recipients=recipients,
        finish=finish,
        progress=_telling(work),
        check_stop=work.check_stop,
        total=total,
        media=media,
    )


def entry_of(
    datastore: str, kind: str, artifacts: Sequence[Artifact], facts: JsonObject, began: float
) -> JsonObject:
    """The StoreEntry of what was stored; `began` is when that did, by `monotonic`."""
    entry = StoreEntry(
        datastore=datastore,
        kind=kind,
        artifacts=tuple(artifacts),
        facts=facts,
        seconds=round(monotonic() - began, 3),
    )
    return entry.model_dump(mode="json")


def _telling(work: Work) -> Callable[[int, int | None], None]:
    """Progress towards a guess, until more has come than was guessed."""

    def tell(done: int, guess: int | None) -> None:
        work.progress(done, None if guess is not None and done > guess else guess)

    return tell
