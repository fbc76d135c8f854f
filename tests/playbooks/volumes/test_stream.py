"""Trees as the engine sends them: passed on whole, measured, or refused when they are cut."""

import io
import tarfile
from collections.abc import Iterator

import pytest

from playbooks.errors import DatastoreError
from playbooks.volumes.stream import CutArchive, Moving, Passing, measured


def nothing(_: int = 0) -> None:
    return None


def sent(*members: tuple[str, dict[str, object], bytes]) -> bytes:
    """A tar as the engine writes it: names open with `./`, times are whole seconds."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, attributes, content in members:
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(content), 1_700_000_000
            for attribute, value in attributes.items():
                setattr(info, attribute, value)
            tar.addfile(info, io.BytesIO(content))
    # The engine ends with two blocks of zeros; tarfile fills up to twenty.
    end = written.getvalue().rstrip(b"\0")
    return end + b"\0" * (-len(end) % 512) + b"\0" * 1024


FOLDER = {"type": tarfile.DIRTYPE, "mode": 0o750, "uid": 70}
TREE = sent(
    (".", FOLDER, b""),
    ("./.interlock-k3f9q2", FOLDER, b""),
    ("./.interlock-k3f9q2/original", {}, b"kept by an earlier restore"),
    ("./deep", FOLDER, b""),
    ("./deep/er", FOLDER, b""),
    ("./deep/er/ship ü", {"mode": 0o4755}, b"ahoy" * 400),
    ("./deep/hard", {"type": tarfile.LNKTYPE, "linkname": "./deep/er/ship ü", "mode": 0o4755}, b""),
    ("./deep/null", {"type": tarfile.CHRTYPE}, b""),
    ("./empty", {}, b""),
    ("./link", {"type": tarfile.SYMTYPE, "linkname": "../away"}, b""),
)


def pieces(content: bytes, size: int = 700) -> Iterator[bytes]:
    return (content[at : at + size] for at in range(0, len(content), size))


def passed(content: bytes) -> tuple[bytes, bytes, Passing]:
    index = io.BytesIO()
    passing = Passing(pieces(content), index, nothing)
    return b"".join(passing.chunks()), index.getvalue(), passing


def names(tar: bytes) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(tar)) as opened:
        return [member.name for member in opened]


def test_a_tree_goes_through_without_what_is_ours() -> None:
    """Every entry once, our own folders and devices left out; the index tells the same tree."""
    tar, index, passing = passed(TREE)
    expected = [".", "deep", "deep/er", "deep/er/ship ü", "deep/hard", "empty", "link"]
    assert names(tar) == expected
    assert index.count(b"\n") == len(expected)
    assert passing.skipped.examples == ["deep/null"]
    measure = passing.measure()
    assert (measure.files, measure.bytes) == (3, 1600)
    assert measured(pieces(TREE, 4096), nothing, nothing) == measure


def test_what_was_stored_is_the_same_tree_when_it_comes_back() -> None:
    """Moved below a folder and read from there, it has the digest of the backup."""
    tar, _, passing = passed(TREE)
    moving = Moving(io.BytesIO(tar), ".interlock-k3f9q2/restored")
    below = b"".join(moving.chunks(nothing, nothing))
    assert names(below)[0] == ".interlock-k3f9q2/restored"
    assert names(below)[3] == ".interlock-k3f9q2/restored/deep/er/ship ü"
    assert moving.undressed == {"deep/hard": 0o4755, "deep/er/ship ü": 0o4755}
    assert measured(pieces(tar), nothing, nothing) == passing.measure()


@pytest.mark.parametrize("changed", ["content", "mode", "owner", "target", "time"])
def test_one_difference_is_another_digest(changed: str) -> None:
    """Nothing that a restore brings back may differ unseen."""
    values: dict[str, tuple[dict[str, object], bytes]] = {
        "content": ({}, b"ebb"),
        "mode": ({"mode": 0o600}, b"tide"),
        "owner": ({"gid": 4}, b"tide"),
        "target": ({"type": tarfile.SYMTYPE, "linkname": "x"}, b""),
        "time": ({"mtime": 1_700_000_001}, b"tide"),
    }
    whole = measured(pieces(sent((".", FOLDER, b""), ("./a", {}, b"tide"))), nothing, nothing)
    attributes, content = values[changed]
    other = sent((".", FOLDER, b""), ("./a", attributes, content))
    assert measured(pieces(other), nothing, nothing).digest != whole.digest


@pytest.mark.parametrize("end", [*range(0, len(TREE), 512), len(TREE) - 1])
def test_a_tree_that_is_cut_is_refused(end: int) -> None:
    """At every block: the engine ends an archive early without a word when a file vanishes."""
    with pytest.raises(CutArchive, match="stops"):
        passed(TREE[:end])
    with pytest.raises(DatastoreError):
        measured(pieces(TREE[:end]), nothing, nothing)


def test_reading_stops_when_it_is_told_to() -> None:
    """The check is made between pieces of one file too."""
    calls = 0

    def stop() -> None:
        nonlocal calls
        calls += 1
        if calls > 3:
            raise InterruptedError

    big = sent((".", FOLDER, b""), ("./big", {}, b"x" * 5_000_000))
    with pytest.raises(InterruptedError):
        b"".join(Passing(pieces(big, 1 << 20), io.BytesIO(), stop).chunks())
