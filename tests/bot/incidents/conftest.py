"""A bot that takes alerts and keeps incidents."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bot.workspace.testing import running_workspace
from tests.support.bot import Bot, bot_beside
from tests.support.incidents import TOKEN
from tests.support.workspace import Sim


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Sim]:
    """A workspace without a bot."""
    with (
        running_workspace(tmp_path / "workspace", rates=False) as running,
        httpx.Client(base_url=running.url, timeout=30, trust_env=False) as http,
    ):
        yield Sim(running, http)


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bot]:
    """One for the tests of a module."""
    folder = tmp_path_factory.mktemp("incidents")
    with (
        pytest.MonkeyPatch.context() as environment,
        running_workspace(folder / "workspace", rates=False) as running,
        httpx.Client(base_url=running.url, timeout=30, trust_env=False) as http,
        bot_beside(Sim(running, http), folder / "home") as made,
    ):
        environment.setenv("ALERT_TOKEN", TOKEN)
        settings = made.folder / "interlock.yaml"
        described = json.loads(settings.read_text())
        described["channels"] |= {"incidents": "C0INCIDENTS", "ops": "C0OPS"}
        described["alerts"] = {
            "channel": "ops",
            "sources": {"alertmanager": {"kind": "alertmanager", "bearer": "env:ALERT_TOKEN"}},
        }
        settings.write_text(json.dumps(described))
        made.start()
        yield made
