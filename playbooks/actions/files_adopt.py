"""Taking in an archive of files that somebody brings."""

import gzip
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from time import monotonic

from backports.zstd import ZstdError

from playbooks.actions.brought import AdoptArgs, required, scratch, stored
from playbooks.actions.storing import entry_of
from playbooks.byhand import given as by_hand
from playbooks.errors import BrokenBackup, NoSpace
from playbooks.folders.include import Include, chosen
from playbooks.folders.pack import Packing
from playbooks.folders.store import INDEX_MEDIA, TAR_MEDIA, files_store, index_name, tar_name
from playbooks.folders.unpack import unpack
from playbooks.model.base import JsonObject
from playbooks.ports import Work
from playbooks.registry import Action
from playbooks.repository.given import opened_tar

_BROKEN = (tarfile.TarError, ZstdError, zlib.error, gzip.BadGzipFile, EOFError)
# What is left free, however much an archive turns out to hold.
_LEFT_FREE = 256 << 20
# Headers that say again what is said of an entry itself.
_OVERRIDING = frozenset({"path", "linkpath", "size"})


def adopt(work: Work, args: AdoptArgs) -> JsonObject:
    """Unpacks an archive where nobody uses it, and packs it again with an index of its content.

    Its StoreEntry, with facts as those of `files.dump`. Raises BrokenBackup, NoSpace.
    """
    began, path = monotonic(), required(work, args)
    include = files_store(work.stack, args.datastore).include
    tree = scratch(work, args.datastore) / "tree"
    if tree.exists():
        shutil.rmtree(tree)
    tree.mkdir(mode=0o700)
    _unpacked(work, path, tree)
    _require_chosen(path, tree, include)
    with tempfile.TemporaryDirectory(dir=tree.parent) as folder:
        index, tar = (
            Path(folder) / index_name(args.datastore),
            Path(folder) / tar_name(args.datastore),
        )
        with index.open("wb") as listing, tar.open("wb") as packed:
            packing = Packing(tree, listing, work.check_stop, include)
            for chunk in packing.chunks():
                packed.write(chunk)
        artifacts = (
            stored(work, args, tar, tar.name, TAR_MEDIA),
            stored(work, args, index, index.name, INDEX_MEDIA),
        )
    shutil.rmtree(tree)
    nothing: JsonObject = {"count": 0, "examples": []}
    return entry_of(
        args.datastore,
        "files",
        artifacts,
        {
            "path": str(path),
            **asdict(packing.measure()),
            "changed_while_read": nothing,
            "skipped": nothing,
        },
        began,
    )


def _require_chosen(path: Path, tree: Path, include: Include) -> None:
    wrong = sorted(each.name for each in tree.iterdir() if not chosen(each.name, include))
    if wrong:
        raise BrokenBackup(
            f"{path.name} holds {', '.join(wrong[:5])}, which `include` of the datastore does not "
            "name.",
            "Bring an archive of what it names alone.",
        )


def _unpacked(work: Work, path: Path, tree: Path) -> None:
    plain = tree.with_name("plain.tar")
    try:
        _rewritten(path, plain, work.check_stop)
        with plain.open("rb") as archive:
            unpack(archive, tree, work.progress, work.check_stop)
    except (*_BROKEN, FileNotFoundError, FileExistsError) as error:
        raise BrokenBackup(f"{path.name} is no whole archive of a folder: {error}.") from error
    finally:
        plain.unlink(missing_ok=True)


def _rewritten(path: Path, to: Path, check_stop: Callable[[], None]) -> None:
    """The same archive, not compressed, with names as we write them: others add `./`."""
    with ExitStack() as closing:
        given = closing.enter_context(opened_tar(path, closing))
        plain = closing.enter_context(tarfile.open(to, "w", format=tarfile.PAX_FORMAT))
        while (info := given.next()) is not None:
            check_stop()
            vars(given)["members"].clear()
            _require_room(path, to, info.size)
            info.name = _name(info.name)
            if info.islnk():
                info.linkname = _name(info.linkname)
            own = info.pax_headers.items()
            info.pax_headers = {key: value for key, value in own if key not in _OVERRIDING}
            plain.addfile(info, given.extractfile(info) if info.isreg() else None)
            vars(plain)["members"].clear()


def _name(name: str) -> str:
    return name.removeprefix("./") or "."


def _require_room(path: Path, place: Path, more: int) -> None:
    """A few bytes may hold a disk full of zeros: it ends before the disk is full."""
    if shutil.disk_usage(place.parent).free < more + _LEFT_FREE:
        raise NoSpace(f"{path.name} holds more than the disk of {place.parent} has room for.")


ADOPT_ACTIONS = (Action("files.adopt", AdoptArgs, adopt, by_hand.adopt),)
