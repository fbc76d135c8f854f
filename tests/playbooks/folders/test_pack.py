"""Any tree goes through a tar and comes back equal; nothing gets out of its folder."""

import io
import os
import tarfile
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playbooks.errors import BrokenBackup, StopRequested
from playbooks.folders.differ import difference
from playbooks.folders.pack import Packing
from playbooks.folders.tree import Measure, index_entries, measure
from playbooks.folders.unpack import unpack
from tests.support.harbor import tree_of

NAMES = (
    st.binary(min_size=1, max_size=120)
    .filter(lambda n: b"/" not in n and b"\0" not in n and n not in {b".", b".."})
    .filter(lambda n: not n.startswith(b".interlock-"))
)
TARGETS = st.binary(min_size=1, max_size=200).filter(lambda n: b"\0" not in n)
LEAVES = st.one_of(
    st.tuples(st.just("file"), st.binary(max_size=2000)),
    st.tuples(
        st.just("link"), st.binary(min_size=1, max_size=200).filter(lambda n: b"\0" not in n)
    ),
)
TREES = st.recursive(
    st.dictionaries(NAMES, LEAVES, max_size=4),
    lambda inner: st.dictionaries(NAMES, st.one_of(LEAVES, inner), max_size=4),
    max_leaves=12,
)


def nothing(*_: object) -> None:
    """No progress to report, nobody who stops."""


def grow(folder: bytes, tree: dict[bytes, object], times: st.DataObject) -> None:
    os.mkdir(folder)  # noqa: PTH102
    for name, what in tree.items():
        path = folder + b"/" + name
        if isinstance(what, dict):
            grow(path, what, times)
        elif isinstance(what, tuple) and what[0] == "link":
            os.symlink(what[1], path)  # noqa: PTH211
        elif isinstance(what, tuple):
            with open(path, "wb") as file:  # noqa: PTH123
                file.write(what[1])
            os.chmod(path, times.draw(st.sampled_from([0o600, 0o644, 0o4755, 0o400])))  # noqa: PTH101
            mtime = times.draw(st.integers(0, 4 * 10**18))
            os.utime(path, ns=(0, mtime))


def packed(root: Path) -> tuple[bytes, bytes, Measure]:
    index = io.BytesIO()
    packing = Packing(root, index, nothing)
    return b"".join(packing.chunks()), index.getvalue(), packing.measure()


@settings(max_examples=60, deadline=None)
@given(tree=TREES, times=st.data())
def test_any_tree_comes_back_equal(tree: dict[bytes, object], times: st.DataObject) -> None:
    """Whatever the names, contents, links, modes and times: equal by content and by digest."""
    with tempfile.TemporaryDirectory() as folder:
        root, side = Path(folder) / "tree", Path(folder) / "side"
        grow(os.fsencode(root), tree, times)
        tar, index, said = packed(root)
        side.mkdir()
        unpack(io.BytesIO(tar), side, nothing, nothing)
        assert tree_of(side) == tree_of(root)
        assert measure(side, nothing, nothing) == said == measure(root, nothing, nothing)
        found = difference(io.BytesIO(index), side, nothing)
        assert (found.added, found.changed, found.removed) == (0, 0, 0)


def test_an_ordinary_tar_reads_it_too(tmp_path: Path) -> None:
    """On the day when Interlock is dead, any tar program restores the folder."""
    root, side = tmp_path / "tree", tmp_path / "side"
    root.mkdir()
    side.mkdir()
    (root / "ü b").write_text("x")
    (root / "link").symlink_to("ü b")
    (tmp_path / "t.tar").write_bytes(packed(root)[0])
    assert os.system(f"tar -xpf {tmp_path}/t.tar -C {side}") == 0
    assert tree_of(side).keys() == tree_of(root).keys()
    assert (side / "ü b").read_text() == "x"


def test_extended_attributes_come_back(tmp_path: Path) -> None:
    """Binary values of user attributes survive, where the file system has them."""
    root, side = tmp_path / "tree", tmp_path / "side"
    root.mkdir()
    side.mkdir()
    (root / "file").write_text("x")
    value = bytes(range(256))
    try:
        os.setxattr(root / "file", "user.colour", value)
    except OSError as error:
        pytest.skip(f"no user attributes here: {error}")
    unpack(io.BytesIO(packed(root)[0]), side, nothing, nothing)
    assert os.getxattr(side / "file", "user.colour") == value


def test_a_file_that_shrinks_or_grows_while_it_is_read_is_reported(tmp_path: Path) -> None:
    """The archive stays whole, its index says what it holds, and the change is told."""
    root, side = tmp_path / "tree", tmp_path / "side"
    root.mkdir()
    side.mkdir()
    for name in ("a", "b"):
        (root / name).write_bytes(b"x" * 3_000_000)
    index = io.BytesIO()
    packing = Packing(root, index, nothing)
    tar = b""
    for number, chunk in enumerate(packing.chunks()):
        tar += chunk
        if number == 0:
            os.truncate(root / "a", 10)
            (root / "b").unlink()
    assert (packing.changed.examples, packing.skipped.examples) == (["a"], ["b"])
    unpack(io.BytesIO(tar), side, nothing, nothing)
    assert (side / "a").stat().st_size == 3_000_000
    index.seek(0)
    assert [e.path for e in index_entries(index)] == [".", "a"]
    assert measure(side, nothing, nothing).digest == packing.measure().digest


@pytest.mark.parametrize("name", ["/etc/passwd", "../out", "a/../../out", "a//b", "./a", ""])
def test_names_that_climb_are_refused(tmp_path: Path, name: str) -> None:
    """Absolute names and `..` never reach the disk."""
    side = tmp_path / "side"
    side.mkdir()
    info = tarfile.TarInfo(name)
    tar = info.tobuf() + bytes(1024)
    with pytest.raises(BrokenBackup):
        unpack(io.BytesIO(tar), side, nothing, nothing)
    assert list(side.iterdir()) == []
    assert not (tmp_path / "out").exists()


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    """An archive that plants a link and writes through it fails, and the target is untouched."""
    side, outside = tmp_path / "side", tmp_path / "outside"
    side.mkdir()
    outside.mkdir()
    link = tarfile.TarInfo("door")
    link.type, link.linkname = tarfile.SYMTYPE, str(outside)
    through = tarfile.TarInfo("door/planted")
    tar = link.tobuf() + through.tobuf() + bytes(1024)
    with pytest.raises(FileNotFoundError):
        unpack(io.BytesIO(tar), side, nothing, nothing)
    assert list(outside.iterdir()) == []


def test_devices_are_refused(tmp_path: Path) -> None:
    """Only files, folders and links come out of an archive."""
    side = tmp_path / "side"
    side.mkdir()
    device = tarfile.TarInfo("sda")
    device.type = tarfile.BLKTYPE
    with pytest.raises(BrokenBackup, match="no file, folder or link"):
        unpack(io.BytesIO(device.tobuf() + bytes(1024)), side, nothing, nothing)


def test_unpacking_stops_between_chunks(tmp_path: Path) -> None:
    """A cancelled run does not wait for a large file to end."""
    root, side = tmp_path / "tree", tmp_path / "side"
    root.mkdir()
    side.mkdir()
    (root / "large").write_bytes(bytes(5_000_000))
    tar = packed(root)[0]

    def stop() -> None:
        if (side / "large").exists():
            raise StopRequested("cancelled")

    with pytest.raises(StopRequested):
        unpack(io.BytesIO(tar), side, nothing, stop)
    assert (side / "large").stat().st_size < 5_000_000
