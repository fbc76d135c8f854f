"""What somebody brings: is it still what was approved, and how is it stored."""

from collections.abc import Iterator
from pathlib import Path

from playbooks.actions.storing import store_stream
from playbooks.errors import BrokenBackup
from playbooks.model.base import Model
from playbooks.ports import Work
from playbooks.repository.given import allowed, look
from playbooks.repository.manifest import Artifact
from playbooks.repository.of_stack import scratch_of
from playbooks.repository.trouble import explained

_READ_BYTES = 1 << 20
_ROOM = "given"


class AdoptArgs(Model):
    """What was brought for which datastore; `identity` is that of the approved plan, `backup` the
    backup that is open."""

    datastore: str
    path: Path
    root: str = ""
    identity: str
    backup: str


def required(work: Work, args: AdoptArgs) -> Path:
    """Raises BrokenBackup when it is not what was looked at when it was approved."""
    path = allowed(work.stack, args.path, args.root)
    if look(work.stack, path).identity != args.identity:
        raise BrokenBackup(
            f"{path} is not what it was when this was asked for.", "Ask for it again."
        )
    return path


def scratch(work: Work, datastore: str) -> Path:
    """A folder of ours for plain copies."""
    folder = scratch_folder(work, datastore)
    with explained(str(folder), "make the scratch folder"):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def stored(
    work: Work, args: AdoptArgs, file: Path, name: str, media: str, *, compress: bool = True
) -> Artifact:
    """A plain file, stored in the backup that is open under that plain name."""
    return store_stream(
        work,
        args.backup,
        name,
        media,
        _pieces(file),
        finish=work.check_stop,
        total=file.stat().st_size,
        compress=compress,
    )


def scratch_folder(work: Work, datastore: str) -> Path:
    """Where plain copies are, if there are any."""
    return scratch_of(work.stack) / work.run / f"{_ROOM}-{datastore}"


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as content:
        while chunk := content.read(_READ_BYTES):
            yield chunk
