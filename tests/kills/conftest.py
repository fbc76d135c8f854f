"""Worlds to kill bots in, shared by the tests of a module.

A killed bot spends its lives mostly waiting, so two worlds are worked in at the same time.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from tests.support.kills.drive import Person
from tests.support.kills.world import World, world
from tests.support.postgres import Server


@dataclass(frozen=True)
class Harbors:
    """Two worlds, both up and running and backed up."""

    worlds: tuple[World, World]

    def both(self, *cases: Callable[[World], object]) -> None:
        """Runs one case in each; the error of any of them is raised when both have ended."""
        with ThreadPoolExecutor(len(cases), thread_name_prefix="case") as threads:
            running = [
                threads.submit(case, one) for case, one in zip(cases, self.worlds, strict=False)
            ]
        for case in running:
            case.result()


@pytest.fixture(scope="module")
def harbors(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harbors]:
    """SQLite remembers."""
    with ExitStack() as stack:
        made = [
            stack.enter_context(world(postgres_server, tmp_path_factory.mktemp(name)))
            for name in ("east", "west")
        ]
        found = Harbors((made[0], made[1]))
        found.both(raise_up, raise_up)
        yield found


@pytest.fixture(scope="module")
def harbor(harbors: Harbors) -> World:
    return harbors.worlds[0]


@pytest.fixture(autouse=True)
def one_bot_at_a_time(request: pytest.FixtureRequest) -> Iterator[None]:
    """No test leaves a bot to the next one."""
    yield
    if "harbors" in request.fixturenames:
        for one in request.getfixturevalue("harbors").worlds:
            one.bot.kill()


def raise_up(made: World) -> None:
    """Starts the services and makes the first backup."""
    made.backed_up |= {name: made.content(name) for name in made.stack.datastores}
    made.bot.start()
    ana = Person(made)
    for text in ("start harbor", "backup harbor all"):
        asked = ana.asks(text)
        asked.approve()
        assert asked.go_on() == "ended"
        assert asked.state == "succeeded", asked.run
    made.bot.kill()
