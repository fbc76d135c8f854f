"""Another host, where nothing is left but the off-site copy and the stack file."""

import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pyrage  # type: ignore[import-untyped]
import pytest

from bot.workspace.testing import running_workspace
from tests.support.bot import Bot, bot_beside
from tests.support.harbor import tree_of
from tests.support.talk import (
    ask,
    card_in,
    new_card,
    payload,
    press,
    run_to_the_end,
    text_of,
)
from tests.support.workspace import Sim

pytestmark = pytest.mark.slow


@contextmanager
def host(folder: Path, offsite: Path, key: str, recipient: str) -> Iterator[Bot]:
    """A bot of its own in a Slack of its own, with a repository of its own, not started."""
    with (
        running_workspace(state=folder / "workspace", rates=False) as workspace,
        httpx.Client(base_url=workspace.url, timeout=30) as http,
        bot_beside(Sim(workspace, http), folder / "bot") as bot,
    ):
        (folder / "key").write_text(key)
        described = json.loads((bot.folder / "harbor.yaml").read_text())
        described["backup"] |= {
            "copies": [{"repository": f"file://{offsite}"}],
            "recipients": [recipient],
            "identity": f"file:{folder / 'key'}",
        }
        (bot.folder / "harbor.yaml").write_text(json.dumps(described))
        yield bot


def test_a_second_host_restores_from_the_copy_and_backs_up_again(tmp_path: Path) -> None:
    """No database of the bot, no repository, no folder: `latest` is that of the sealed copy; what
    comes back equals what was there, and the next backup makes a repository here."""
    identity = pyrage.x25519.Identity.generate()
    keys = (str(identity), str(identity.to_public()))
    with ExitStack() as hosts:
        first = hosts.enter_context(host(tmp_path / "first", tmp_path / "offsite", *keys))
        first.start()
        (first.folder / "uploads" / "deep").mkdir()
        (first.folder / "uploads" / "deep" / "two.bin").write_bytes(bytes(range(256)) * 99)
        whole = tree_of(first.folder / "uploads")
        run = run_to_the_end(first, "backup harbor", ())
    shutil.rmtree(tmp_path / "first")

    with host(tmp_path / "second", tmp_path / "offsite", *keys) as second:
        shutil.rmtree(second.folder / "uploads")
        second.start()
        listed = ask(second.sim, "backups harbor")
        assert run in listed and f"{tmp_path}/offsite" in listed
        said = ask(second.sim, "plan restore harbor uploads latest")
        assert f"file://{tmp_path}/offsite, because the primary repository" in said
        run_to_the_end(second, "restore harbor uploads latest", ("ben", "cleo"))
        assert tree_of(second.folder / "uploads") == whole
        again = run_to_the_end(second, "backup harbor", ())
        assert list((second.folder / "backups" / "harbor").glob(f"*-{again}"))


def test_without_the_key_the_copy_says_so(tmp_path: Path) -> None:
    """Another key opens nothing: the run ends before anything is touched, and says why."""
    identity, other = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
    sealed = str(identity.to_public())
    with host(tmp_path / "first", tmp_path / "offsite", str(identity), sealed) as first:
        first.start()
        run_to_the_end(first, "backup harbor", ())
    with host(tmp_path / "second", tmp_path / "offsite", str(other), sealed) as second:
        second.start()
        before = tree_of(second.folder / "uploads")
        card = new_card(second, "restore harbor uploads latest")
        request = payload(card)["request"]
        for voter in ("ben", "cleo"):
            press(second.sim, card_in(second.sim, "pending", request), "approve", voter)
        ended = card_in(second.sim, "undone", request)
        assert "does not open" in text_of(ended)
        assert tree_of(second.folder / "uploads") == before
