"""Copies of a folder that runs left: what a restore replaced, and what was restored beside."""

import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from playbooks.folders.exchange_content import ORIGINAL, RESTORED
from playbooks.folders.include import Include
from playbooks.folders.places import OWN_PREFIX, Place, identity, place_of
from playbooks.folders.tree import entries

_RUN = re.compile(r"^[a-z0-9]+$")


@dataclass(frozen=True)
class Copy:
    """`role` "kept": it was live until `since`; "beside": it never was."""

    run: str
    path: Path
    role: Literal["kept", "beside"]
    since_ns: int

    @property
    def since(self) -> datetime:
        return datetime.fromtimestamp(self.since_ns / 10**9, UTC)


def copies(folder: Path, include: Include = ()) -> tuple[Copy, ...]:
    """All copies of a folder, newest first."""
    here = place_of(folder, "", include)
    prefix = OWN_PREFIX if here.mounted else f".{here.live.name}{OWN_PREFIX}"
    within = here.live if here.mounted else here.live.parent
    if not within.is_dir():
        return ()
    with os.scandir(within) as found:
        names = [e.name for e in found if e.name.startswith(prefix) and e.is_dir()]
    runs = [name.removeprefix(prefix) for name in names]
    known = (copy_of(place_of(folder, run, include)) for run in runs if _RUN.match(run))
    return tuple(
        sorted((c for c in known if c is not None), key=lambda c: c.since_ns, reverse=True)
    )


def copy_of(place: Place) -> Copy | None:
    """The copy that one run left, if it did."""
    for path in _candidates(place):
        if path.is_dir():
            role: Literal["kept", "beside"] = "beside" if _never_live(place, path) else "kept"
            # An exchange is a renaming, and renaming sets a folder's ctime.
            status = (place.holder if place.mounted else path).stat()
            return Copy(place.run, path, role, status.st_ctime_ns)
    return None


def changed_since(folder: Path, since_ns: int, include: Include = ()) -> int:
    """How many files and links in the live folder were written, renamed or dressed since.

    Taken from ctime, which nobody can set.
    """
    root = place_of(folder, "").live
    return sum(
        1
        for entry in entries(root, lambda _: None, include)
        if entry.kind != "folder" and (root / entry.path).lstat().st_ctime_ns > since_ns
    )


def _candidates(place: Place) -> tuple[Path, ...]:
    if place.mounted:
        return place.holder / ORIGINAL, place.holder / RESTORED
    return (place.side,)


def _never_live(place: Place, path: Path) -> bool:
    try:
        return place.marker.read_text() == identity(path)
    except FileNotFoundError:
        return False
