"""A disk that fills while a backup is being written: nothing half-made is left, and it recovers."""

import contextlib
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.people import Harbor, demo_folder, harbor_in
from tests.support.talk import payload, text_of

pytestmark = pytest.mark.slow
_SIZE = "size=96m,mode=0755"


@pytest.fixture(scope="module")
def harbor() -> Iterator[Harbor]:
    """A demo whose repository is a small disk."""
    with demo_folder() as folder:
        disk = folder / "state" / "backups"
        disk.mkdir(parents=True)
        mount = ["mount", "-t", "tmpfs", "-o", _SIZE, "tmpfs", str(disk)]
        if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
            pytest.skip("mounting a small disk is not permitted here")
        try:
            with harbor_in(folder, "--no-rates") as started:
                yield started
        finally:
            subprocess.run(["umount", disk], check=True)


def fill_once_begun(disk: Path, filler: Path, seconds: float = 30) -> None:
    """Takes all that is free as soon as a backup has begun, when its guards have passed."""
    deadline = time.monotonic() + seconds
    while not list(disk.glob("harbor/*/begun.json")) and time.monotonic() < deadline:
        time.sleep(0.001)
    block = b"\0" * (1 << 20)
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while file.write(block) > 0:
            pass


def test_a_disk_that_fills_in_the_middle_leaves_nothing(harbor: Harbor) -> None:
    """The guard passed, then the disk filled: the run says so, publishes nothing and leaves
    nothing; with room again the next backup is whole."""
    disk = harbor.demo.state / "backups"
    filler = disk / "filler"
    filling = threading.Thread(target=fill_once_begun, args=(disk, filler))
    filling.start()
    ended = harbor.run("backup harbor all")
    filling.join()
    assert payload(ended)["state"] in ("failed", "undone"), text_of(ended)
    assert "is full" in text_of(ended)
    assert "Make room" in text_of(ended)
    filler.unlink()
    assert list(disk.glob("harbor/*/*")) == []
    assert "0 backups" in harbor.types("ana", "backups harbor")
    assert payload(harbor.run("backup harbor all"))["state"] == "succeeded"
    assert "1 backup" in harbor.types("ana", "backups harbor")
