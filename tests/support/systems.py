"""A test system as people operate it: a bot in Slack, a stack of real containers."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.workspace.testing import running_workspace
from tests.support.bot import Bot, interlock_yaml, wait_until
from tests.support.docker import Project, project
from tests.support.holdings import Holding
from tests.support.talk import ask, card_in, cards, payload, press, text_of
from tests.support.workspace import Sim

_SECONDS = 240.0
_GOING_ON = {"pending", "approved", "queued", "running"}
_BOTH = ("ben", "cleo")
LETTERS = {
    "R": "relica",
    "N": "neurocore",
    "S": "spice-harvester",
    "A": "analytics-engine",
    "C": "arc",
}


def on(letters: str) -> pytest.MarkDecorator:
    """Runs a test of tests/stacks/rows once on each of the systems with these letters, as its
    fixture `system`. Tests of one system run one after the other, whatever file they are in."""
    names = [LETTERS[letter] for letter in letters]
    return pytest.mark.parametrize("system", names, indirect=True, scope="session")


class Operated:
    """What people do with a bot in Slack and what it answers."""

    bot: Bot

    def does(self, text: str, *voters: str) -> str:
        """`/ops TEXT`, asked by ana, approved by the voters, succeeded; the request's id."""
        request = self.asks(text, *voters)
        ended = self.end_of(request)
        assert payload(ended)["state"] == "succeeded", text_of(ended)
        return request

    def asks(self, text: str, *voters: str) -> str:
        """`/ops TEXT`, asked by ana and approved by the voters; the request's id."""
        known = self._requests()
        self.bot.sim.command(text, user="ana", channel="ops")
        made: set[str] = wait_until(
            lambda: self._requests() - known, f"the card of /ops {text}", 60
        )
        [request] = made
        for voter in voters:
            press(self.bot.sim, card_in(self.bot.sim, "pending", request), "approve", voter)
        return request

    def end_of(self, request: str) -> dict[str, Any]:
        """The card of the request once nothing goes on any more."""
        found: dict[str, Any] = wait_until(
            lambda: self._ended(request), f"the end of {request}", _SECONDS
        )
        return found

    def _requests(self) -> set[str]:
        return {str(payload(card)["request"]) for card in cards(self.bot.sim)}

    def _ended(self, request: str) -> dict[str, Any] | None:
        found = [
            card
            for card in cards(self.bot.sim)
            if payload(card)["request"] == request and payload(card)["state"] not in _GOING_ON
        ]
        return found[-1] if found else None

    def says(self, text: str) -> str:
        """The answer to `/ops TEXT`."""
        return ask(self.bot.sim, text)


@dataclass(frozen=True)
class System(Operated):
    """A system of containers and the bot that operates it."""

    name: str
    project: Project
    bot: Bot


@contextmanager
def operated(
    name: str, folder: Path, environment: Mapping[str, str], **changes: Any
) -> Iterator[System]:
    """The system with a bot that runs; none of its services do yet. `environment` holds the secrets
    that its stack file refers to, `changes` replace keys of the file."""
    with (
        project(name, folder, channel="ops-harbor", **changes) as made,
        bot_of(made, environment) as bot,
    ):
        yield System(name, made, bot)


@contextmanager
def bot_of(made: Project, environment: Mapping[str, str]) -> Iterator[Bot]:
    """A bot that runs, in a workspace of its own, and operates the one stack file there."""
    with (
        pytest.MonkeyPatch.context() as patch,
        running_workspace(made.folder / "workspace", rates=False, answer_seconds=50) as workspace,
        httpx.Client(base_url=workspace.url, timeout=60, trust_env=False) as http,
    ):
        file = interlock_yaml(made.stack_file.name) | {"sampling": {"interval": "5s"}}
        (made.folder / "interlock.yaml").write_text(json.dumps(file))
        for variable, value in environment.items():
            patch.setenv(variable, value)
        bot = Bot(made.folder, Sim(workspace, http))
        bot.start()
        try:
            yield bot
        finally:
            bot.end()


def comes_back(
    system: System, backup: str, holdings: Sequence[Holding], voters: Sequence[str] = ()
) -> None:
    """Backs up with `/ops BACKUP`, destroys every store, restores each through two approvals, and
    compares the contents."""
    whole = {holding.name: holding.content() for holding in holdings}
    system.does(backup, *voters)
    for holding in holdings:
        holding.destroy()
    damaged = {holding.name: holding.content() for holding in holdings}
    untouched = [name for name in whole if whole[name] == damaged[name]]
    assert not untouched, untouched
    for holding in holdings:
        system.does(f"restore {system.name} {holding.name} latest", *_BOTH)
    restored = {holding.name: holding.content() for holding in holdings}
    other = {name: (whole[name], restored[name]) for name in whole if restored[name] != whole[name]}
    assert not other, other
