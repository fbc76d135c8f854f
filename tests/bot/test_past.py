"""What the bot remembers of its backups, and what it does without its memory."""

import asyncio
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.engine.failpoints import Failpoints
from bot.facts import ThreadedFacts
from bot.past import JournaledPast
from bot.secrets import References
from bot.store.database import Database
from commands.ports import Asking, Dossier
from playbooks.catalogue import ACTIONS, PLAYBOOKS, READERS
from playbooks.datastores.protocol import BackupParams
from playbooks.errors import RepositoryError
from playbooks.model.facts import FactQuery
from playbooks.model.request import RunState
from playbooks.model.stack import Stack
from tests.support import yard
from tests.support.harbor import harbor
from tests.support.house import House, Materials, build
from tests.support.postgres import Server
from tests.support.story import PEOPLE, resting, until


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    (tmp_path / "uploads").mkdir()
    return harbor(tmp_path)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'interlock.db'}"
    server: Server = request.getfixturevalue("postgres_server")
    return server.url(request.getfixturevalue("database"))


@pytest.fixture
def house(stack: Stack, url: str) -> Iterator[House]:
    built = house_of(stack, url)
    yield built
    built.database.close()


def now() -> datetime:
    return datetime.now(UTC)


def house_of(stack: Stack, url: str) -> House:
    secrets = References(lambda _: None, {})
    past = JournaledPast(Database(url))
    return build(
        Materials(
            database_url=url,
            policy=yard.policy(),
            stacks={stack.name: stack},
            playbooks=PLAYBOOKS,
            actions=ACTIONS,
            facts=ThreadedFacts(READERS, secrets, now, past=past),
            secrets=secrets,
            now=now,
            failpoints=Failpoints({}),
            channel_of=lambda each: each.channel,
            tick=0.1,
        )
    )


async def backed_up(house: House, stack: Stack) -> Dossier:
    actor = house.access.actor(PEOPLE["ana"])
    asking = Asking(actor=actor, channel="C", typed="backup harbor uploads")

    def ask() -> Dossier:
        plan = house.gate.plan("backup", stack, BackupParams(datastores=("uploads",)))
        return house.gate.ask(plan, asking)

    dossier = await asyncio.to_thread(ask)
    return await until(house, dossier.request.id, resting)


async def test_a_disk_that_is_not_mounted_stops_the_next_backup(
    house: House, stack: Stack, tmp_path: Path
) -> None:
    """The bot's own journal knows that backups were there; without it they are listed all the
    same, once the disk is back."""
    assert stack.backup is not None
    root = Path(stack.backup.repository.removeprefix("file://"))
    await house.engine.start()
    try:
        first = await backed_up(house, stack)
        assert first.run is not None
        assert first.run.state is RunState.SUCCEEDED, first.run.outcome
        root.rename(tmp_path / "unmounted")
        root.mkdir()
        with pytest.raises(RepositoryError, match=f"{first.request.id} was made to"):
            await backed_up(house, stack)
        assert list(root.iterdir()) == []
        root.rmdir()
        (tmp_path / "unmounted").rename(root)
        second = await backed_up(house, stack)
        assert second.run is not None
        assert second.run.state is RunState.SUCCEEDED
    finally:
        await house.engine.stop()


async def test_without_the_bots_database_the_repository_still_lists_all(
    stack: Stack, tmp_path: Path
) -> None:
    """The repository describes itself, and a bot without a past goes on with it."""
    first, second = (f"sqlite:///{tmp_path / name}.db" for name in ("first", "second"))
    for number, url in enumerate((first, second)):
        house = house_of(stack, url)
        await house.engine.start()
        try:
            ended = await backed_up(house, stack)
        finally:
            await house.engine.stop()
        assert ended.run is not None
        assert ended.run.state is RunState.SUCCEEDED
        query = FactQuery(fact="repository.list")
        facts = ThreadedFacts(READERS, References(lambda _: None, {}), now)
        assert len(facts.read(stack, [query]).of(query)["backups"]) == number + 1
        house.database.close()
    shutil.rmtree(tmp_path / "uploads")
