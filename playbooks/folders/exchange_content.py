"""Exchanging what lies in a folder that itself stays: a mount point, or one of which only some
things are ours.

In the holder `NAME` is a whole content, `NAME.leaving` one on its way out of the open and
`NAME.entering` one on its way in. First leaves what has no namesake among what comes; then each
thing comes in over its namesake. So a file that both contents have is there at any moment, the old
one or the new one: others may read `.env` meanwhile.
"""

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from playbooks.folders.include import chosen
from playbooks.folders.places import OWN_PREFIX, Place, identity
from playbooks.folders.sync import sync_folder

# Names of the two contents.
ORIGINAL = "original"
RESTORED = "restored"
_NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}


def exchange_content(place: Place, incoming: str, outgoing: str) -> None:
    """Makes `incoming` live, from wherever an earlier attempt of either direction had come."""
    if _leaving(place, incoming).exists():
        _turn_back(place, incoming, outgoing)
        return
    if _whole(place, incoming).exists():
        _let_leave(place, incoming, outgoing)
        _whole(place, incoming).rename(_entering(place, incoming))
    if _entering(place, incoming).exists():
        _let_enter(place, incoming, outgoing)
        _entering(place, incoming).rmdir()
    if _leaving(place, outgoing).exists():
        _leaving(place, outgoing).rename(_whole(place, outgoing))
    _sync(place)


def is_the_only_one(place: Place, name: str) -> bool:
    """True when the holder has this content, whole, and nothing is being moved."""
    other = ORIGINAL if name == RESTORED else RESTORED
    moving = [part(place, each) for part in (_leaving, _entering) for each in (name, other)]
    return _whole(place, name).exists() and not any(
        path.exists() for path in (_whole(place, other), *moving)
    )


def holds_something(place: Place) -> bool:
    """Whether the holder has any content, whole or not."""
    return place.holder.exists() and any(path.is_dir() for path in place.holder.iterdir())


def _let_leave(place: Place, incoming: str, outgoing: str) -> None:
    """Moves out what nothing of the incoming content replaces."""
    leaving, coming = _leaving(place, outgoing), set(_names(_whole(place, incoming)))
    leaving.mkdir(mode=0o700, exist_ok=True)
    for name in _live(place):
        if name not in coming:
            (place.live / name).rename(leaving / name)
    _sync(place)


def _let_enter(place: Place, incoming: str, outgoing: str) -> None:
    entering, leaving = _entering(place, incoming), _leaving(place, outgoing)
    for name in _names(entering):
        _replace(place.live / name, entering / name, leaving / name)
    _sync(place)


def _turn_back(place: Place, incoming: str, outgoing: str) -> None:
    """The exchange that makes `outgoing` live stopped on its way: nothing of it stays.

    While the other content is on its way in, each thing that came in goes back to it, and its
    namesake comes back. Once it is whole again, so does what left without a namesake: in this order
    each state on the way is one of the exchange itself, which may be gone on with from there.
    """
    leaving, entering = _leaving(place, incoming), _entering(place, outgoing)
    if not _whole(place, outgoing).exists():
        entering.mkdir(mode=0o700, exist_ok=True)
        left, waiting = set(_names(leaving)), set(_names(entering))
        live = set(_live(place))
        for name in live - left - waiting:
            (place.live / name).rename(entering / name)
        for name in left & (live | waiting):
            _replace(place.live / name, leaving / name, entering / name)
        _sync(place)
        entering.rename(_whole(place, outgoing))
    for name in _names(leaving):
        _move(leaving / name, place.live / name)
    leaving.rmdir()
    _sync(place)


def _replace(live: Path, new: Path, old: Path) -> None:
    """`new` becomes `live`; what that was is `old` afterwards. May have been begun before."""
    there = _kind(live)
    if there is not None and identity(old) is None:
        folder = stat.S_ISDIR(there) or stat.S_ISDIR(new.lstat().st_mode)
        if folder or not _linked(live, old):
            live.rename(old)
    _move(new, live)


def _move(one: Path, to: Path) -> None:
    """A name of the same file is left as it is by rename(2), so the other one has to go."""
    if identity(one) == identity(to):
        one.unlink()
    else:
        one.rename(to)


def _linked(file: Path, second: Path) -> bool:
    """Gives a file a second name. False where that cannot be had."""
    try:
        os.link(file, second, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        return False
    return True


def _kind(path: Path) -> int | None:
    try:
        return path.lstat().st_mode
    except FileNotFoundError:
        return None


def _live(place: Place) -> Iterator[str]:
    return (name for name in _names(place.live) if chosen(name, place.include))


def _names(folder: Path) -> list[str]:
    with os.scandir(folder) as found:
        return [entry.name for entry in found if not entry.name.startswith(OWN_PREFIX)]


def _whole(place: Place, name: str) -> Path:
    return place.holder / name


def _leaving(place: Place, name: str) -> Path:
    return place.holder / f"{name}.leaving"


def _entering(place: Place, name: str) -> Path:
    return place.holder / f"{name}.entering"


def _sync(place: Place) -> None:
    sync_folder(place.live)
    sync_folder(place.holder)
