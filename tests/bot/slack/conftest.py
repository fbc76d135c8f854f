"""A workspace, a small stack and the real bot in a process of its own."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bot.workspace.testing import running_workspace
from tests.support.bot import Bot, bot_beside
from tests.support.workspace import Sim


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bot]:
    """A bot that runs for the whole module; its tests leave the stack as they found it."""
    folder = tmp_path_factory.mktemp("shared")
    with (
        running_workspace(state=folder / "workspace", rates=False) as workspace,
        httpx.Client(base_url=workspace.url, timeout=20) as http,
        bot_beside(Sim(workspace, http), folder / "bot") as bot,
    ):
        bot.start()
        yield bot


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[Sim]:
    """A workspace of this test alone."""
    with (
        running_workspace(state=tmp_path / "workspace", rates=False) as workspace,
        httpx.Client(base_url=workspace.url, timeout=20) as http,
    ):
        yield Sim(workspace, http)


@pytest.fixture
def bot(sim: Sim, tmp_path: Path) -> Iterator[Bot]:
    """A bot of this test alone, not started yet."""
    with bot_beside(sim, tmp_path / "bot") as bot:
        yield bot
