"""Exchanging a folder with its copy beside: both are whole at any moment, whatever happens.

Three ways, all of which can be stopped anywhere and gone on with, forwards or backwards:
- one call (RENAME_EXCHANGE) where the file system has it;
- else three renames by way of a third name; inode numbers say which have been done;
- a mount point cannot be renamed: its content is exchanged, thing by thing.
"""

import ctypes
import errno
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Literal

from playbooks.errors import DatastoreError, OutcomeUnknown
from playbooks.folders.exchange_content import (
    ORIGINAL,
    RESTORED,
    exchange_content,
    holds_something,
    is_the_only_one,
)
from playbooks.folders.places import Place, identity
from playbooks.folders.sync import sync_folder

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_NOT_HERE = {errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTTY}

# The identity of a folder that is not there.
NONE = ""

State = Literal["before", "halfway", "after", "unclear"]
RenameExchange = Callable[[Path, Path], bool]


def side_of(place: Place) -> tuple[str, str]:
    """Identities of what is live and of what is beside it, as `exchange` takes them.

    NONE when nothing is live. Raises DatastoreError when nothing is beside.
    """
    if place.mounted:
        for live, beside in ((ORIGINAL, RESTORED), (RESTORED, ORIGINAL)):
            if is_the_only_one(place, beside):
                return live, beside
        raise DatastoreError(f"There is no whole copy in {place.holder}.")
    beside_id = identity(place.side)
    if beside_id is None:
        raise DatastoreError(f"The folder {place.side} is not there.")
    return identity(place.live) or NONE, beside_id


def state(place: Place, incoming: str, outgoing: str) -> State:
    """How far the exchange that makes `incoming` live and puts `outgoing` beside has come."""
    if place.mounted:
        if is_the_only_one(place, incoming):
            return "before"
        if is_the_only_one(place, outgoing):
            return "after"
        return "halfway" if holds_something(place) else "unclear"
    now = tuple(identity(path) or NONE for path in (place.live, place.side, place.aside))
    if now == (outgoing, incoming, NONE):
        return "before"
    if now == (incoming, outgoing, NONE):
        return "after"
    forwards = {(NONE, incoming, outgoing), (incoming, NONE, outgoing)}
    backwards = {(NONE, outgoing, incoming), (outgoing, NONE, incoming)}
    return "halfway" if now in forwards | backwards else "unclear"


def exchange(
    place: Place, incoming: str, outgoing: str, atomically: RenameExchange | None = None
) -> None:
    """Makes `incoming` live, from wherever an earlier attempt had come. Idempotent.

    Raises OutcomeUnknown when neither is where an exchange could have left it, DatastoreError
    when the system refuses.
    """
    try:
        if place.mounted:
            exchange_content(place, incoming, outgoing)
        else:
            _exchange_folders(place, incoming, outgoing, atomically or rename_exchange)
    except OSError as error:
        raise DatastoreError(
            f"{place.live} could not be exchanged with {place.side}: {error.strerror}."
        ) from error


def rename_exchange(one: Path, other: Path) -> bool:
    """Exchanges two names in one call. False where this system or file system cannot."""
    libc = ctypes.CDLL(None, use_errno=True)
    with suppress(AttributeError):
        names = os.fsencode(one), os.fsencode(other)
        failed = libc.renameat2(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE)
        if not failed:
            return True
        code = ctypes.get_errno()
        if code not in _NOT_HERE:
            raise OSError(code, os.strerror(code), os.fspath(one))
    return False


def _exchange_folders(
    place: Place, incoming: str, outgoing: str, atomically: RenameExchange
) -> None:
    now = state(place, incoming, outgoing)
    if now == "unclear":
        raise OutcomeUnknown(
            f"{place.live} and {place.side} are neither the folders that were to be exchanged "
            "nor those of a finished exchange.",
            f"Look at both, and at {place.aside}.",
        )
    if now == "before" and NONE in {incoming, outgoing}:
        _move_the_only_one(place, incoming)
    elif now == "before" and not atomically(place.live, place.side):
        place.live.rename(place.aside)
        now = "halfway"
    if now == "halfway":
        _finish_by_renames(place, incoming)
    sync_folder(place.live.parent)


def _move_the_only_one(place: Place, incoming: str) -> None:
    if incoming == NONE:
        place.live.rename(place.side)
    else:
        place.side.rename(place.live)


def _finish_by_renames(place: Place, incoming: str) -> None:
    """Two folders, three names, one of them free: put `incoming` first, then clear the third."""
    if identity(place.live) not in {incoming, None}:
        place.live.rename(place.side)
    if identity(place.live) is None:
        source = place.side if identity(place.side) == incoming else place.aside
        source.rename(place.live)
    if identity(place.aside) is not None:
        place.aside.rename(place.side)
