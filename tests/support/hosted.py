"""A bot on stacks that are described in the test, wherever they run."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from bot.workspace.testing import running_workspace
from tests.support.bot import Bot, interlock_yaml
from tests.support.systems import Operated
from tests.support.workspace import Sim


@dataclass(frozen=True)
class Hosted(Operated):
    """A bot that runs."""

    bot: Bot


@contextmanager
def hosted(folder: Path, *stacks: dict[str, Any]) -> Iterator[Hosted]:
    """A bot that operates stacks given as their files' content; what is left out is prod, and is
    said in the channel of tests."""
    folder.mkdir(parents=True, exist_ok=True)
    for stack in stacks:
        described = {"environment": "prod", "channel": "ops-harbor", **stack}
        (folder / f"{stack['name']}.yaml").write_text(json.dumps(described, indent=1))
    policy = interlock_yaml("") | {"stacks": [f"{stack['name']}.yaml" for stack in stacks]}
    (folder / "interlock.yaml").write_text(json.dumps(policy))
    with (
        running_workspace(folder / "workspace", rates=False) as workspace,
        httpx.Client(base_url=workspace.url, timeout=60, trust_env=False) as http,
    ):
        bot = Bot(folder, Sim(workspace, http))
        bot.start()
        try:
            yield Hosted(bot)
        finally:
            bot.end()
