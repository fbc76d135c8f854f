"""Restoring a folder: filled beside the live one, compared, exchanged, kept."""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playbooks.actions.beside import (
    CompareArgs,
    CopyArgs,
    ExchangeArgs,
    ExchangeBackArgs,
    ExtractArgs,
    OneTree,
    not_exchanged,
    same,
)
from playbooks.byhand import files as by_hand
from playbooks.errors import DatastoreError, NoSpace
from playbooks.folders.exchange import exchange, side_of, state
from playbooks.folders.include import chosen
from playbooks.folders.kept import copy_of
from playbooks.folders.places import Place, identity, place_of
from playbooks.folders.store import files_store
from playbooks.folders.sync import sync_file_system
from playbooks.folders.tree import measure
from playbooks.folders.unpack import unpack
from playbooks.model.base import JsonObject
from playbooks.ports import Work
from playbooks.registry import Action, Probe


def extract(work: Work, args: ExtractArgs) -> JsonObject:
    """Fills a folder beside the live one. `{side}`. Repeating it starts afresh."""
    tar, place = args.tar, _place(work, args.datastore, work.run)
    with _explained(place.side):
        _remove_side(place)
        if place.side.exists():
            raise DatastoreError(
                f"{place.side} is in the way, and was not made by this run's restore.",
                "Look at it, move it away and ask again.",
            )
        _make_side(place)
        size = tar.stat().st_size
        with tar.open("rb") as archive:
            unpack(archive, place.side, lambda done: work.progress(done, size), work.check_stop)
        _require_chosen(place)
        sync_file_system(place.side)
    return {"side": str(place.side)}


def remove_side(work: Work, args: OneTree) -> JsonObject:
    """Removes what `files.extract` filled, and never what was live before. `{removed}`."""
    place = _place(work, args.datastore, work.run)
    with _explained(place.side):
        return {"removed": _remove_side(place)}


def compare(work: Work, args: CompareArgs) -> JsonObject:
    """Reads the filled folder and compares it with the backup, content, owners, modes and all.

    `{digest, entries, files, bytes}`. Raises DatastoreError when they differ.
    """
    place = _place(work, args.datastore, work.run)
    with _explained(place.side):
        found = measure(
            place.side,
            lambda done: work.progress(done, args.bytes),
            work.check_stop,
            place.include,
        )
    untouched = "The live folder was not touched; see whether its disk keeps owners and modes."
    return same(found, args, str(place.side), untouched)


def identify(work: Work, args: CopyArgs) -> JsonObject:
    """Notes which folder is which, so that the exchange can be recognised. `{live, side}`."""
    live, side = side_of(_place(work, args.datastore, args.run))
    return {"live": live, "side": side}


def swap(work: Work, args: ExchangeArgs) -> JsonObject:
    """Makes what is beside live, and keeps what was live beside. `{kept}`. Goes on from wherever
    an earlier attempt had come. Raises OutcomeUnknown when the folders are neither."""
    place = _place(work, args.datastore, args.run)
    exchange(place, incoming=args.side, outgoing=args.live)
    return _kept(place)


def swap_back(work: Work, args: ExchangeBackArgs) -> JsonObject:
    """The undo of `files.exchange`, from wherever it had come. `{kept}`."""
    place = _place(work, args.datastore, args.run)
    if args.live is None or args.side is None:
        return _kept(place)
    if state(place, incoming=args.side, outgoing=args.live) != "before":
        exchange(place, incoming=args.live, outgoing=args.side)
    return _kept(place)


def is_exchanged(work: Work, args: ExchangeArgs) -> JsonObject:
    """Probe of `files.exchange`."""
    place = _place(work, args.datastore, args.run)
    now = state(place, incoming=args.side, outgoing=args.live)
    if now == "after":
        return Probe(state="done", output=_kept(place)).model_dump()
    why = f"{place.live} and {place.side} are not the folders that were to be exchanged"
    return not_exchanged(now, why)


def settle(work: Work, args: CopyArgs) -> JsonObject:
    """After the exchange: the copy beside counts as kept from now on. `{kept}`. Idempotent."""
    place = _place(work, args.datastore, args.run)
    place.marker.unlink(missing_ok=True)
    return _kept(place)


def _place(work: Work, datastore: str, run: str) -> Place:
    store = files_store(work.stack, datastore)
    return place_of(store.path, run, store.include)


def _kept(place: Place) -> JsonObject:
    copy = copy_of(place)
    return {"kept": str(copy.path) if copy else ""}


def _make_side(place: Place) -> None:
    """The marker comes second: without it only an empty folder counts as ours. On a host that is
    new what leads there is not there either; it is made, and stays."""
    if place.mounted:
        place.holder.mkdir(mode=0o700, parents=True, exist_ok=True)
    place.side.parent.mkdir(parents=True, exist_ok=True)
    place.side.mkdir(mode=0o700)
    place.marker.write_text(identity(place.side) or "")


def _require_chosen(place: Place) -> None:
    """What is put back must be what is taken away for it: nothing else may be overwritten."""
    wrong = sorted(p.name for p in place.side.iterdir() if not chosen(p.name, place.include))
    if wrong:
        raise DatastoreError(
            f"The backup holds {', '.join(wrong[:5])}, which `include` of the stack file does not "
            "name (any more).",
            "Add it to `include`, or choose another backup.",
        )


def _is_ours(place: Place) -> bool:
    """Whether this run filled what is beside. Made but not marked yet, it is still empty."""
    if place.marker.exists():
        return place.marker.read_text() == identity(place.side)
    return not any(place.side.iterdir())


def _remove_side(place: Place) -> bool:
    """False when there is nothing of ours."""
    if place.side.exists() and not _is_ours(place):
        return False
    removed = place.side.exists()
    if removed:
        shutil.rmtree(place.side)
    place.marker.unlink(missing_ok=True)
    if place.mounted and place.holder.exists() and not any(place.holder.iterdir()):
        place.holder.rmdir()
    return removed


@contextmanager
def _explained(side: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise NoSpace(f"The disk of {side} is full.", "Make room and ask again.") from error
        raise DatastoreError(f"{error.filename or side}: {error.strerror}.") from error


RESTORE_ACTIONS = (
    Action("files.extract", ExtractArgs, extract, by_hand.extract),
    Action("files.remove_side", OneTree, remove_side, by_hand.remove_side),
    Action("files.compare", CompareArgs, compare, by_hand.compare),
    Action("files.identify", CopyArgs, identify, by_hand.identify),
    Action("files.exchange", ExchangeArgs, swap, by_hand.exchange),
    Action("files.exchange_back", ExchangeBackArgs, swap_back, by_hand.exchange_back),
    Action("files.is_exchanged", ExchangeArgs, is_exchanged, by_hand.is_exchanged),
    Action("files.settle", CopyArgs, settle, by_hand.settle),
)
