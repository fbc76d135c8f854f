"""Exchanging two folders, killed at every renaming, forwards and backwards."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from playbooks.errors import OutcomeUnknown
from playbooks.folders.exchange import exchange, rename_exchange, side_of, state
from playbooks.folders.places import Place, place_of


class Killed(BaseException):
    """Stands for the process ending at this very call."""


class Renames:
    """Lets `left` renamings happen and dies at the next."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, left: int) -> None:
        self._left = left
        self._real = Path.rename
        renames = self

        def rename(path: Path, to: Path) -> Path:
            return renames.one(path, to)

        monkeypatch.setattr(Path, "rename", rename)

    def one(self, path: Path, to: Path) -> Path:
        if self._left == 0:
            raise Killed
        self._left -= 1
        return self._real(path, to)


def never(_one: Path, _other: Path) -> bool:
    """A file system without RENAME_EXCHANGE."""
    return False


def folders(root: Path) -> Place:
    place = place_of(root / "uploads", "k3f9q2")
    for folder, text in ((place.live, "old"), (place.side, "new")):
        folder.mkdir()
        for name in ("a", "b", "c"):
            (folder / name).write_text(text)
    return place


def texts(folder: Path) -> set[str]:
    return {p.read_text() for p in folder.iterdir() if p.is_file()}


def test_one_call_exchanges_two_folders(tmp_path: Path) -> None:
    """On this machine's file system RENAME_EXCHANGE works, and the exchange is recognised."""
    place = folders(tmp_path)
    live, side = side_of(place)
    assert state(place, incoming=side, outgoing=live) == "before"
    assert rename_exchange(place.live, place.side)
    assert state(place, incoming=side, outgoing=live) == "after"
    exchange(place, incoming=side, outgoing=live)
    assert (texts(place.live), texts(place.side)) == ({"new"}, {"old"})


@pytest.mark.parametrize("killed_after", range(4))
@pytest.mark.parametrize("then", ["forwards", "backwards"])
def test_three_renames_can_be_killed_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed_after: int, then: str
) -> None:
    """Killed between any two renamings, it goes on or back, and both folders stay whole."""
    place = folders(tmp_path)
    live, side = side_of(place)
    with monkeypatch.context() as patch:
        Renames(patch, killed_after)
        if killed_after < 3:
            with pytest.raises(Killed):
                exchange(place, side, live, never)
        else:
            exchange(place, side, live, never)
    expected = "before" if killed_after == 0 else "after" if killed_after == 3 else "halfway"
    assert state(place, side, live) == expected
    if then == "forwards":
        exchange(place, side, live, never)
        assert (texts(place.live), texts(place.side)) == ({"new"}, {"old"})
    elif expected != "before":
        exchange(place, live, side, never)
        assert (texts(place.live), texts(place.side)) == ({"old"}, {"new"})
    assert not place.aside.exists()


@pytest.mark.parametrize("killed_back", [0, 1, 2])
@pytest.mark.parametrize("killed_after", [1, 2])
def test_going_back_can_be_killed_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed_after: int, killed_back: int
) -> None:
    """Killed on the way there and again on the way back, it still ends where it should."""
    place = folders(tmp_path)
    live, side = side_of(place)
    for left, incoming, outgoing in ((killed_after, side, live), (killed_back, live, side)):
        with monkeypatch.context() as patch:
            Renames(patch, left)
            try:
                exchange(place, incoming, outgoing, never)
            except Killed:
                continue
    exchange(place, live, side, never)
    assert (texts(place.live), texts(place.side)) == ({"old"}, {"new"})


def test_other_folders_in_their_place_are_not_touched(tmp_path: Path) -> None:
    """Folders that are neither of the two are for a person to look at."""
    place = folders(tmp_path)
    live, side = side_of(place)
    place.live.rename(tmp_path / "elsewhere")
    place.live.mkdir()
    assert state(place, side, live) == "unclear"
    with pytest.raises(OutcomeUnknown, match="neither the folders"):
        exchange(place, side, live)
    assert texts(place.side) == {"new"}


@pytest.fixture
def bind_mount(tmp_path: Path) -> Iterator[Path]:
    """A folder mounted onto another of the same file system."""
    source, target = tmp_path / "source", tmp_path / "bound here"
    source.mkdir()
    target.mkdir()
    if os.geteuid() != 0 or os.system(f"mount --bind '{source}' '{target}'") != 0:
        pytest.skip("bind mounts are not permitted here")
    yield target
    os.system(f"umount '{target}'")


def test_a_bind_mount_is_seen(bind_mount: Path) -> None:
    """It has its parent's device, and cannot be renamed all the same."""
    assert place_of(bind_mount, "k3f9q2").mounted
    assert not place_of(bind_mount.parent / "source", "k3f9q2").mounted
