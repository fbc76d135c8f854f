"""Exchanging what lies in a folder that stays, killed at every step, there and back."""

import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from playbooks.folders.exchange import exchange, state
from playbooks.folders.exchange_content import ORIGINAL, RESTORED
from playbooks.folders.places import OWN_PREFIX, Place

_THERE, _BACK = (RESTORED, ORIGINAL), (ORIGINAL, RESTORED)
Content = Mapping[str, str | None]
"""What lies in a folder: text of a file, None for a folder of that name."""


class Killed(BaseException):
    """Stands for the process ending at this very call."""


class Steps:
    """Lets `left` changes of names happen and dies at the next. After each, whatever both contents
    have has to be in the open, and a file has to be whole."""

    def __init__(self, patch: pytest.MonkeyPatch, place: Place, always: Sequence[str]) -> None:
        self.left, self._place, self._always = 0, place, always
        for owner, name in ((Path, "rename"), (Path, "unlink"), (Path, "rmdir"), (os, "link")):
            patch.setattr(owner, name, self._counted(getattr(owner, name)))

    def _counted(self, real: object) -> object:
        steps = self

        def call(*args: object, **more: object) -> object:
            if steps.left == 0:
                raise Killed
            steps.left -= 1
            done = real(*args, **more)  # type: ignore[operator]
            steps.look()
            return done

        return call

    def look(self) -> None:
        for name in self._always:
            assert (self._place.live / name).read_text() in {"old", "new"}


def _lay(folder: Path, content: Content) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in content.items():
        if text is None:
            (folder / name).mkdir()
            (folder / name / "within").write_text("old" if folder.name == "live" else "new")
        else:
            (folder / name).write_text(text)


def _held(folder: Path) -> dict[str, str]:
    """The texts by name, of folders that of what they hold."""
    return {
        each.name: (each / "within" if each.is_dir() else each).read_text()
        for each in folder.iterdir()
        if not each.name.startswith(OWN_PREFIX)
    }


def _contents(text: str) -> st.SearchStrategy[Content]:
    return st.dictionaries(st.sampled_from("abcdef"), st.sampled_from([text, text, None]))


_Turn = tuple[tuple[str, str], int]
_TURNS = st.lists(st.tuples(st.sampled_from([_THERE, _BACK]), st.integers(0, 24)), max_size=5)


@example(old={"a": "old"}, new={}, turns=[(_THERE, 2), (_BACK, 1)], last=0)
@settings(max_examples=400, deadline=None)
@given(old=_contents("old"), new=_contents("new"), turns=_TURNS, last=st.sampled_from([0, 1]))
def test_killed_anywhere_it_ends_where_it_should(
    old: Content, new: Content, turns: Sequence[_Turn], last: int
) -> None:
    """However often it is killed, going there or back, each content ends up whole and no file that
    both have is ever missing."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        place = Place(live=Path(folder) / "live", run="k3f9q2", mounted=True)
        _lay(place.live, old)
        _lay(place.holder / RESTORED, new)
        whole = _held(place.live), _held(place.holder / RESTORED)
        always = [name for name in old if old[name] is not None and new.get(name) is not None]
        steps = Steps(patch, place, always)
        for (incoming, outgoing), left in turns:
            if state(place, incoming, outgoing) == "after":
                continue
            steps.left = left
            try:
                exchange(place, incoming, outgoing)
            except Killed:
                continue
        steps.left = 1_000
        incoming, outgoing = (_THERE, _BACK)[last]
        if state(place, incoming, outgoing) != "after":
            exchange(place, incoming, outgoing)
        assert state(place, incoming, outgoing) == "after"
        beside = _held(place.holder / outgoing)
        assert (_held(place.live), beside) == (whole if last else whole[::-1])
        assert [each.name for each in place.holder.iterdir()] == [outgoing]


def test_what_is_not_ours_stays(tmp_path: Path) -> None:
    """Of a folder of which only some things are ours the others are never touched."""
    place = Place(live=tmp_path / "live", run="k3f9q2", mounted=True, include=("*.env",))
    _lay(place.live, {"a.env": "old", "code": None, "readme": "old"})
    _lay(place.holder / RESTORED, {"a.env": "new", "b.env": "new"})
    exchange(place, RESTORED, ORIGINAL)
    assert _held(place.live) == {"a.env": "new", "b.env": "new", "code": "old", "readme": "old"}
    assert _held(place.holder / ORIGINAL) == {"a.env": "old"}


def test_without_hard_links_it_is_exchanged_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file system that has none, or forbids them: by two renames."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    place = Place(live=tmp_path / "live", run="k3f9q2", mounted=True)
    _lay(place.live, {"a": "old", "b": "old"})
    _lay(place.holder / RESTORED, {"a": "new"})
    monkeypatch.setattr(os, "link", refuse)
    exchange(place, RESTORED, ORIGINAL)
    assert (_held(place.live), _held(place.holder / ORIGINAL)) == (
        {"a": "new"},
        {"a": "old", "b": "old"},
    )
