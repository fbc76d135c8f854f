"""Files that people bring: what they are, told by their content and never by their names."""

import tarfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from backports.zstd import ZstdError, ZstdFile

from playbooks.errors import BadArgument, BrokenBackup
from playbooks.model.stack import Stack
from playbooks.repository.address import local_root
from playbooks.repository.given_model import Form, Given
from playbooks.repository.listing import MANIFEST
from playbooks.repository.manifest import Manifest, checksum, parse
from playbooks.repository.of_stack import owner_by
from playbooks.repository.rules import rules_of

_PG_DUMP, _RDB, _ZSTD, _GZIP = b"PGDMP", (b"REDIS", b"VALKEY"), b"\x28\xb5\x2f\xfd", b"\x1f\x8b"
_LARGEST_MANIFEST = 64 << 20


@dataclass(frozen=True)
class GivenBackup:
    """A folder of a backup that Interlock made."""

    folder: Path
    manifest: Manifest
    checksum: str


def allowed(stack: Stack, path: Path, root: str = "") -> Path:
    """The real path of what was brought. Raises BadArgument unless it lies where the stack file
    says that such files may: not every file of this host is anybody's to name. `root` is the
    repository of another stack, whose backups policy decides about."""
    other = Path(root) if root else None
    places = [place for place in (rules_of(stack).incoming, _own_root(stack), other) if place]
    real = path.resolve()
    if any(real.is_relative_to(place.resolve()) for place in places):
        return real
    named = rules_of(stack).incoming
    raise BadArgument(
        f"{path} is not below {named}." if named else f"{stack.name} takes in no files.",
        f"Put it there; or set backup.incoming in the stack file of {stack.name} to its folder.",
    )


def look(stack: Stack, path: Path) -> Given:
    """What the file or folder is. Raises BadArgument when it is nothing that can be taken in,
    BrokenBackup, NewerFormat."""
    if path.is_dir():
        return _of_backup(stack, opened(path))
    if not path.is_file():
        raise BadArgument(f"There is no file {path} on the bot's host.")
    status = path.stat()
    return Given(
        path=str(path),
        form=_form(path),
        bytes=status.st_size,
        identity=f"{status.st_dev}:{status.st_ino}:{status.st_size}:{status.st_mtime_ns}",
    )


def opened(folder: Path) -> GivenBackup:
    """A backup in a folder of its own. Raises BadArgument, BrokenBackup, NewerFormat."""
    file = folder / MANIFEST
    if not file.is_file() or file.stat().st_size > _LARGEST_MANIFEST:
        raise BadArgument(
            f"{folder} is no backup of Interlock: it has no {MANIFEST}.",
            "Name the folder that holds it, or a dump, snapshot or archive.",
        )
    content = file.read_bytes()
    return GivenBackup(folder, parse(content, str(file)), checksum(content))


def _of_backup(stack: Stack, found: GivenBackup) -> Given:
    manifest = found.manifest
    whose = f"{manifest.environment}/{manifest.stack}"
    return Given(
        path=str(found.folder),
        form="backup",
        bytes=manifest.bytes,
        identity=found.checksum,
        source="" if whose == str(owner_by(stack)) else whose,
        backup=manifest.id,
        made_at=manifest.made_at,
        datastores=tuple(manifest.stores),
    )


def _form(path: Path) -> Form:
    with path.open("rb") as file:
        head = file.read(512)
    if head.startswith(_PG_DUMP):
        return "pg_dump"
    if head.startswith(_RDB):
        return "rdb"
    if head.startswith((_ZSTD, _GZIP)) or head[257:262] == b"ustar":
        _require_tar(path)
        return "tar"
    raise BadArgument(
        f"{path.name} is nothing that can be restored.",
        "Bring a folder of an Interlock backup, a dump of pg_dump -Fc, a snapshot of Redis, or a "
        "tar, plain or compressed with zstd or gzip.",
    )


def _require_tar(path: Path) -> None:
    try:
        with ExitStack() as closing:
            closing.enter_context(opened_tar(path, closing)).next()
    except (tarfile.TarError, ZstdError, EOFError, OSError) as error:
        raise BrokenBackup(f"{path.name} is no archive that can be read: {error}.") from error


def opened_tar(path: Path, closing: ExitStack) -> tarfile.TarFile:
    """A tar, plain or compressed, to be read from its beginning. Raises tarfile.TarError."""
    with path.open("rb") as file:
        head = file.read(4)
    if head == _ZSTD:
        plain = closing.enter_context(ZstdFile(path))
        return tarfile.open(fileobj=plain, mode="r|")
    return tarfile.open(path, mode="r:*")


def _own_root(stack: Stack) -> Path | None:
    return local_root(rules_of(stack).repository)
