"""Worlds to kill bots in; one is shared by the tests of a module."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.kills.drive import Asked, ask, hands
from tests.support.kills.world import World, world
from tests.support.postgres import Server


@pytest.fixture(scope="module")
def people() -> Iterator[ThreadPoolExecutor]:
    with hands() as found:
        yield found


@pytest.fixture(scope="module")
def harbor(
    postgres_server: Server, tmp_path_factory: pytest.TempPathFactory, people: ThreadPoolExecutor
) -> Iterator[World]:
    """Up and running, both datastores backed up. SQLite remembers."""
    with world(postgres_server, tmp_path_factory.mktemp("harbor")) as made:
        raise_up(made, people)
        yield made


def raise_up(made: World, people: ThreadPoolExecutor) -> None:
    """Starts the services and makes the first backup."""
    made.backed_up |= {name: made.content(name) for name in made.stack.datastores}
    made.bot.start()
    for text in ("start harbor", "backup harbor all"):
        asked = to_the_end(made, people, text)
        assert asked.state == "succeeded", asked.run
    made.bot.kill()


def to_the_end(made: World, people: ThreadPoolExecutor, text: str) -> Asked:
    """Asks for it, has it approved, and waits for its end, without any kill."""
    asked = ask(made, people, text)
    asked.approve()
    assert asked.go_on() == "ended"
    return asked


@pytest.fixture(autouse=True)
def one_bot_at_a_time(request: pytest.FixtureRequest) -> Iterator[None]:
    """No test leaves a bot to the next one."""
    yield
    if "harbor" in request.fixturenames:
        request.getfixturevalue("harbor").bot.kill()
