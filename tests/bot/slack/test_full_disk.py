"""The disk of the bot's own database is full: nobody is left guessing, nothing is lost."""

import contextlib
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.bot import Bot, wait_until
from tests.support.talk import ask, card_in, cards, ephemeral_to, payload, press, text_of

pytestmark = pytest.mark.slow


@pytest.fixture
def cramped(bot: Bot) -> Iterator[Bot]:
    """A bot, not started yet, whose database is on a small disk."""
    disk = bot.folder / "memory"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m,mode=0755", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("mounting a small disk is not permitted here")
    file = bot.folder / "interlock.yaml"
    written = json.loads(file.read_text())
    file.write_text(json.dumps(written | {"database": "sqlite:///memory/interlock.db"}))
    try:
        yield bot
    finally:
        bot.end()
        subprocess.run(["umount", disk], check=True)


def filled(disk: Path) -> Path:
    filler = disk / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while file.write(b"\0" * 4096) > 0:
            pass
    return filler


def refused_for_want_of_room(bot: Bot) -> str:
    """Types commands until one finds no room to be kept in: what its sender is told."""

    def told() -> str:
        typed = {"user": "eve", "channel": "ops", "command": "/ops", "text": "runs"}
        bot.sim.act("command", **typed)
        said = [each for each in ephemeral_to(bot.sim, "eve", "ops") if "disk" in each]
        return said[-1] if said else ""

    found: str = wait_until(told, "a refusal that names the disk", 30)
    return found


def test_a_full_disk_is_said_and_heals(cramped: Bot) -> None:
    """The person reads that nothing was done; with room again the same press counts, once."""
    cramped.start()
    ask(cramped.sim, "start harbor")
    card = card_in(cramped.sim, "pending")
    filler = filled(cramped.folder / "memory")
    said = refused_for_want_of_room(cramped)
    assert "the disk of its own database is full" in said
    assert "Nothing was done" in said
    press(cramped.sim, card, "approve", "ben")
    told = wait_until(lambda: ephemeral_to(cramped.sim, "ben"), "what the voter is told")
    assert "the disk of its own database is full" in told[-1]
    assert payload(cards(cramped.sim)[0])["state"] == "pending"
    filler.unlink()
    press(cramped.sim, card, "approve", "ben")
    done = card_in(cramped.sim, "succeeded", payload(card)["request"])
    assert text_of(done).count("Approved by") == 1
    assert len(cards(cramped.sim)) == 1
    assert cramped.process is not None and cramped.process.poll() is None
