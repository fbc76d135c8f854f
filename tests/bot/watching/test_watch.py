"""Services that are watched: asked over real connections, damped, remembered."""

import asyncio
import contextlib
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiohttp import web

from bot.engine.board import Board
from bot.ledger import Ledger
from bot.store.database import Database
from bot.store.migrate import migrate
from bot.watching.heard import Endpoint, Heard
from bot.watching.latencies import BUCKET_SECONDS, Latencies
from bot.watching.watch import ServiceWatch
from playbooks.gate.policy import Policy
from playbooks.model.health import BasicLogin, HttpHealth, TcpHealth
from playbooks.model.service import Service
from playbooks.model.stack import Stack
from playbooks.model.watching import Condition, Watching
from tests.support.work import KnownSecrets

SECRETS = KnownSecrets({"env:PROBE": "sesame-of-the-probe"})
LOGIN = f"Basic {b64encode(b'probe:sesame-of-the-probe').decode()}"
_TENTH = timedelta(seconds=0.05)


class Answers:
    """A server that is well until it is told otherwise."""

    def __init__(self) -> None:
        self.well = True
        self.connections: set[object] = set()
        self.asked = 0

    async def health(self, request: web.Request) -> web.Response:
        self.asked += 1
        self.connections.add(request.transport)
        if request.headers.get("Authorization") != LOGIN:
            return web.Response(status=401)
        return web.json_response({"status": "healthy" if self.well else "ill"})


@contextlib.asynccontextmanager
async def served(answers: Answers) -> AsyncIterator[int]:
    app = web.Application()
    app.router.add_get("/health", answers.health)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()


def watching(folder: Path, port: int) -> ServiceWatch:
    """A watch of `api` by HTTP with a login and of `port` by TCP, every 50 ms."""
    login = BasicLogin(user="probe", password="env:PROBE")
    api = HttpHealth(
        url=f"http://127.0.0.1:{port}/health",
        expect={"status": "healthy"},
        login=login,
        interval=_TENTH,
    )
    stack = Stack(
        name="harbor",
        environment="prod",
        channel="ops-harbor",
        services={
            "api": Service(health=api),
            "port": Service(health=TcpHealth(port=port, interval=_TENTH)),
        },
        watch=Watching(after=3, say=True),
    )
    database = Database(f"sqlite:///{folder / 'watch.db'}")
    migrate(database)
    ledger = Ledger(
        database=database,
        policy=Policy(),
        stacks={"harbor": stack},
        board=Board(),
        now=lambda: datetime.now(UTC),
        channel_of=lambda stack: stack.channel,
    )
    return ServiceWatch(ledger, SECRETS, ring=lambda: None)


@contextlib.asynccontextmanager
async def running(watch: ServiceWatch) -> AsyncIterator[None]:
    task = asyncio.create_task(watch.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        watch.ledger.database.close()


async def until(found: Callable[[], object], what: str, seconds: float = 30.0) -> None:
    """Waits until `found()`."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while loop.time() < end:
        if found():
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"did not happen: {what}")


async def test_down_opens_a_condition_and_up_closes_it(tmp_path: Path) -> None:
    """What is wrong is told once with the answer, remembered by another life, and closed once."""
    answers, told = Answers(), list[Condition]()
    async with served(answers) as port:
        watch = watching(tmp_path, port)
        watch.listeners = (told.extend,)
        [stack] = watch.ledger.stacks.values()
        async with running(watch):
            await until(lambda: [each.up for each in watch.of(stack)] == [True, True], "both up")
            answers.well = False
            await until(lambda: watch.open_now("harbor"), "the condition")
            [wrong] = watch.open_now()
            assert (wrong.service, wrong.kind, wrong.closed_at) == ("api", "down", None)
            assert "status='ill'" in wrong.detail
            await until(lambda: told == [wrong], "that it was told")
        again = watching(tmp_path, port)
        again.listeners = (told.extend,)
        async with running(again):
            await until(lambda: again.of(stack), "what was remembered")
            assert again.of(stack)[0].up is False
            answers.well = True
            await until(lambda: not again.open_now(), "that it is over")
            await until(lambda: len(told) == 2, "that it was told again")
            assert told[1].number == wrong.number and told[1].closed_at is not None


async def test_connections_are_kept_and_secrets_are_not_shown(tmp_path: Path) -> None:
    """Many questions go through one connection; the login is in no answer."""
    answers = Answers()
    async with served(answers) as port:
        watch = watching(tmp_path, port)
        [stack] = watch.ledger.stacks.values()
        async with running(watch):
            await until(lambda: answers.asked >= 20, "twenty questions")
            assert len(answers.connections) == 1
            assert watch.of(stack)[0].availability == 1.0
            assert not [each for each in watch.of(stack) if "sesame" in each.detail]


async def test_a_port_that_closes_is_down(tmp_path: Path) -> None:
    """Without a server the port is down, and so is what is asked there."""
    async with served(Answers()) as port:
        watch = watching(tmp_path, port)
    [stack] = watch.ledger.stacks.values()
    async with running(watch):
        await until(lambda: len(watch.open_now()) == 2, "two conditions")
        assert {each.service for each in watch.open_now()} == {"api", "port"}
        assert [each.up for each in watch.of(stack)] == [False, False]


def test_latencies_are_summed_by_some_minutes() -> None:
    """Each bucket has its answers, failures, sum and most, and is given out once it is over."""
    sums, api = Latencies(), Endpoint("harbor", "api")
    start = datetime.fromtimestamp(BUCKET_SECONDS * 1000, UTC)
    for wrong, ms in (("", 10.0), ("closed", 30.0)):
        sums.add(Heard(api, wrong, ms), start)
    assert not sums.take(start)
    [(stack, service, found)] = sums.take(start + timedelta(seconds=BUCKET_SECONDS))
    assert (stack, service, found.at) == ("harbor", "api", start)
    assert (found.answers, found.failures, found.total_ms, found.most_ms) == (2, 1, 40.0, 30.0)
    assert found.mean_ms == 20.0
    assert not sums.take(start + timedelta(days=1))
