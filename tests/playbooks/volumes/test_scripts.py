"""The shell of helpers, run here on folders: exchanges broken off anywhere, forwards and back."""

import os
import stat
import subprocess
from pathlib import Path

import pytest

from playbooks.volumes import scripts
from playbooks.volumes.looking import reach, sides

# Ends the shell that called it, as if the machine had been switched off, at the call number $AT.
_DEADLY = """#!/bin/sh
n=$(($(cat "$COUNT" 2>/dev/null || echo 0) + 1)); echo "$n" > "$COUNT"
[ "$n" -eq "$AT" ] && { kill -9 "$PPID" "$TOP"; exit 1; }
exec /bin/%s "$@"
"""
_TOOLS = ("mv", "mkdir", "rmdir", "chmod", "chown", "sync")


@pytest.fixture
def mount(tmp_path: Path) -> Path:
    """A mount with content, and what a run restored beside it."""
    live = tmp_path / "mount"
    side = live / ".interlock-k3f9q2/restored"
    for root, words in ((live, ("now", ".hidden", "odd name\n")), (side, ("then", ".hidden"))):
        (root / "deep/er").mkdir(parents=True)
        for word in words:
            (root / word).write_text(f"{word} in {root.name}")
    (live / ".interlock-k3f9q2/restored.new").touch()
    (live / ".interlock-older").mkdir()
    live.chmod(0o2750)
    side.chmod(0o711)
    return live


def run(script: str, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-c", f"TOP=$$; export TOP\n{script}", "sh", *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


def exchange(mount: Path, incoming: str, outgoing: str, **environment: str) -> int:
    words = (str(mount), "k3f9q2", incoming, outgoing)
    return run(scripts.EXCHANGE, *words, **environment).returncode


def held(mount: Path) -> frozenset[str]:
    return frozenset(run(scripts.HELD, str(mount), "k3f9q2").stdout.split())


def content(folder: Path) -> dict[str, str]:
    """Files by relative path, without what restores keep, and the folder's own mode."""
    found = {
        str(path.relative_to(folder)): path.read_text()
        for path in folder.rglob("*")
        if path.is_file() and ".interlock-" not in str(path.relative_to(folder))
    }
    return found | {".": oct(stat.S_IMODE(folder.stat().st_mode))}


def deadly(folder: Path, at: int) -> dict[str, str]:
    """An environment whose tools end everything at the call number `at` of any of them."""
    tools = folder / "tools"
    if not tools.exists():
        tools.mkdir()
        for name in _TOOLS:
            (tools / name).write_text(_DEADLY % name)
            (tools / name).chmod(0o755)
    count = folder / f"count-{at}"
    return {"PATH": f"{tools}:{os.environ['PATH']}", "COUNT": str(count), "AT": str(at)}


def test_an_exchange_swaps_everything_but_what_is_kept(mount: Path) -> None:
    """Hidden files, odd names, folders, the mount's own mode; and back again."""
    now, then = content(mount), content(mount / ".interlock-k3f9q2/restored")
    assert sides(held(mount)) == ("original", "restored")
    assert exchange(mount, "restored", "original") == 0
    assert content(mount) == then
    assert content(mount / ".interlock-k3f9q2/original") == now
    assert (mount / ".interlock-older").is_dir()
    assert sides(held(mount)) == ("restored", "original")
    assert exchange(mount, "original", "restored") == 0
    assert (content(mount), content(mount / ".interlock-k3f9q2/restored")) == (now, then)


@pytest.mark.parametrize("way", ["forwards", "back"])
def test_an_exchange_broken_off_anywhere_is_gone_on_with(
    mount: Path, tmp_path: Path, way: str
) -> None:
    """Ended before any of its acts, it can be finished, or taken back, and nothing is lost."""
    now, then = content(mount), content(mount / ".interlock-k3f9q2/restored")
    broken_off = 0
    for at in range(1, 40):
        code = exchange(mount, "restored", "original", **deadly(tmp_path, at))
        broken_off += code != 0
        reached = reach(held(mount), "restored", "original")
        if way == "forwards":
            assert exchange(mount, "restored", "original") == 0
            assert content(mount) == then, f"broken off at {at}, {reached}"
            assert content(mount / ".interlock-k3f9q2/original") == now
        if way == "forwards" or reached != "before":
            assert exchange(mount, "original", "restored") == 0
        assert reach(held(mount), "restored", "original") == "before"
        assert content(mount) == now, f"broken off at {at}, {reached}"
        assert content(mount / ".interlock-k3f9q2/restored") == then
        if code == 0:
            break
    assert code == 0 and broken_off > 10


def test_what_is_restored_beside_is_made_afresh_and_removed(mount: Path) -> None:
    """Only what was never live: once exchanged, neither making nor removing touches it."""
    assert run(scripts.MAKE_SIDE, str(mount), "k3f9q2").returncode == 0
    assert sorted(path.name for path in (mount / ".interlock-k3f9q2").iterdir()) == ["restored.new"]
    assert run(scripts.REMOVE_SIDE, str(mount), "k3f9q2").stdout == "removed\n"
    assert run(scripts.REMOVE_SIDE, str(mount), "k3f9q2").stdout == "nothing\n"
    assert run(scripts.MAKE_SIDE, str(mount), "k3f9q2").returncode == 0
    (mount / ".interlock-k3f9q2/restored").mkdir()
    assert exchange(mount, "restored", "original") == 0
    refused = run(scripts.MAKE_SIDE, str(mount), "k3f9q2")
    assert "is in the way and holds what was live" in refused.stderr
    assert run(scripts.REMOVE_SIDE, str(mount), "k3f9q2").stdout == "nothing\n"
    assert run(scripts.SETTLE, str(mount), "k3f9q2").returncode == 0
    assert exchange(mount, "original", "restored") == 0
    assert run(scripts.REMOVE_SIDE, str(mount), "k3f9q2").stdout == "nothing\n"
    assert (mount / "now").exists() and (mount / ".interlock-k3f9q2/restored").is_dir()


def test_a_look_counts_what_is_live_and_lists_what_is_kept(mount: Path) -> None:
    """Space, files and copies; what restores keep does not count as content."""
    (mount / ".interlock-k3f9q2/restored/big").write_bytes(b"x" * 500_000)
    words = {
        line.split()[0]: line.split()[1:]
        for line in run(scripts.STATE, str(mount), "5").stdout.splitlines()
    }
    assert int(words["disk"][0]) > 0 and words["files"] == ["3"]
    assert words["kept"][:3] == ["k3f9q2", "restored", "new"]
    assert int(words["used"][0]) >= 480
    assert run(scripts.WRITTEN, str(mount), "5").stdout.strip() == "3"
