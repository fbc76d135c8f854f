"""The single acts of restoring a folder, cut short and repeated."""

from pathlib import Path

import pytest

from playbooks.actions.files import ACTIONS
from playbooks.actions.files_restore import RESTORE_ACTIONS
from playbooks.errors import BrokenBackup, DatastoreError, StopRequested
from playbooks.folders.pack import Packing
from playbooks.model.base import JsonObject
from playbooks.registry import found, registry
from tests.support.harbor import harbor, tree_of
from tests.support.work import TestWork


def act(work: TestWork, name: str, **args: object) -> JsonObject:
    return found(registry(ACTIONS), f"files.{name}").call(work, {"datastore": "uploads", **args})


@pytest.fixture
def work(tmp_path: Path) -> TestWork:
    """A stack whose folder was packed into `tmp_path/uploads.tar` and then changed."""
    folder = tmp_path / "uploads"
    folder.mkdir()
    for name in ("a", "b", "c"):
        (folder / name).write_bytes(name.encode() * 2_000_000)
    with (tmp_path / "index").open("wb") as index, (tmp_path / "uploads.tar").open("wb") as tar:
        packing = Packing(folder, index, lambda: None)
        for chunk in packing.chunks():
            tar.write(chunk)
    (folder / "a").unlink()
    return TestWork(harbor(tmp_path))


def extract(work: TestWork, root: Path) -> JsonObject:
    return act(work, "extract", files={"uploads.tar": str(root / "uploads.tar")})


def test_extracting_again_after_a_stop_starts_afresh(work: TestWork, tmp_path: Path) -> None:
    """What a stopped attempt left is replaced, and progress is reported in bytes."""
    work.stop_at = 4
    with pytest.raises(StopRequested):
        extract(work, tmp_path)
    side = tmp_path / ".uploads.interlock-k3f9q2"
    assert not (side / "c").exists()
    work.stop_at = None
    assert extract(work, tmp_path) == {"side": str(side)}
    assert sorted(p.name for p in side.iterdir()) == ["a", "b", "c"]
    assert work.reports[-1][0] == 6_000_000
    assert not (tmp_path / "uploads/a").exists()


def test_what_leads_to_the_folder_is_made_where_it_is_not(work: TestWork, tmp_path: Path) -> None:
    """On a host that is new the folder comes back, though the one above it was never there."""
    elsewhere = tmp_path / "second" / "host"
    work.stack = harbor(tmp_path, elsewhere / "uploads")
    extract(work, tmp_path)
    noted = act(work, "identify", run=work.run)
    act(work, "exchange", run=work.run, **noted)
    assert sorted(p.name for p in (elsewhere / "uploads").iterdir()) == ["a", "b", "c"]


def test_only_what_this_run_filled_is_removed(work: TestWork, tmp_path: Path) -> None:
    """Removing takes the filled copy, is nothing to do the second time, and spares the rest."""
    extract(work, tmp_path)
    assert act(work, "remove_side") == {"removed": True}
    assert act(work, "remove_side") == {"removed": False}
    assert sorted(p.name for p in (tmp_path / "uploads").iterdir()) == ["b", "c"]


def test_after_the_exchange_the_replaced_folder_is_never_removed(
    work: TestWork, tmp_path: Path
) -> None:
    """The undo of filling, called late, sees that what is beside was live."""
    extract(work, tmp_path)
    replaced = tree_of(tmp_path / "uploads")
    noted = act(work, "identify", run=work.run)
    act(work, "exchange", run=work.run, **noted)
    assert act(work, "remove_side") == {"removed": False}
    assert tree_of(tmp_path / ".uploads.interlock-k3f9q2") == replaced
    with pytest.raises(DatastoreError, match="is in the way"):
        extract(work, tmp_path)


def test_the_exchange_and_its_undo_can_be_repeated(work: TestWork, tmp_path: Path) -> None:
    """Twice is once, in both directions, and the probe tells which it is."""
    before = tree_of(tmp_path / "uploads")
    extract(work, tmp_path)
    noted = act(work, "identify", run=work.run)
    assert act(work, "is_exchanged", run=work.run, **noted)["state"] == "not_done"
    first = act(work, "exchange", run=work.run, **noted)
    assert act(work, "exchange", run=work.run, **noted) == first
    assert act(work, "is_exchanged", run=work.run, **noted) == {
        "state": "done",
        "output": first,
        "why": "",
    }
    assert (tmp_path / "uploads/a").exists()
    for _ in range(2):
        act(work, "exchange_back", run=work.run, **noted)
        assert tree_of(tmp_path / "uploads") == before
    assert act(work, "remove_side") == {"removed": True}


def test_a_folder_that_somebody_replaced_is_for_a_person(work: TestWork, tmp_path: Path) -> None:
    """The probe is unclear and says where to look."""
    extract(work, tmp_path)
    noted = act(work, "identify", run=work.run)
    (tmp_path / "uploads").rename(tmp_path / "elsewhere")
    (tmp_path / "uploads").mkdir()
    probe = act(work, "is_exchanged", run=work.run, **noted)
    assert probe["state"] == "unclear"
    assert str(tmp_path / "uploads") in probe["why"]


def test_undoing_what_was_never_noted_is_nothing(work: TestWork, tmp_path: Path) -> None:
    """An undo may come before the identities are known."""
    before = tree_of(tmp_path / "uploads")
    assert act(work, "exchange_back", run=work.run, live=None, side=None) == {"kept": ""}
    assert tree_of(tmp_path / "uploads") == before


def test_a_truncated_tar_is_refused(work: TestWork, tmp_path: Path) -> None:
    """Cut within a file's content, nothing becomes of it but an error."""
    tar = tmp_path / "uploads.tar"
    tar.write_bytes(tar.read_bytes()[:3_000_000])
    with pytest.raises(BrokenBackup, match="archive"):
        extract(work, tmp_path)
    with pytest.raises(BrokenBackup, match=r"has no uploads\.tar"):
        act(work, "extract", files={})


def test_every_action_has_a_name_of_its_own() -> None:
    """The registry would refuse two of one name."""
    assert {action.name for action in RESTORE_ACTIONS} < set(registry(ACTIONS))
