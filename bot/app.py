"""One running bot: everything is opened here in its order, and closed in reverse."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import aiohttp
import sqlalchemy as sa
import structlog
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.alerts.opened import AlertsIn, alerts_in
from bot.audit import AnchorFile
from bot.bundles.bundles import Bundles
from bot.context import House, open_house, read_configuration, utc_now
from bot.engine.carried import Equipment
from bot.engine.engine import Engine
from bot.environment import BotSettings
from bot.errands import errands
from bot.following import Followers
from bot.incidents.opened import IncidentsAtWork, incidents_at_work
from bot.logs import set_up_logs
from bot.slack.answers import UNREACHABLE, Answers
from bot.slack.calls import SlackCalls
from bot.slack.client import answering_client, listening_client
from bot.slack.desk import Desk
from bot.slack.ears import Ears
from bot.slack.homes import Homes
from bot.slack.installed import Installed
from bot.slack.listeners import Listeners, bolt_app, register
from bot.slack.parcels import Parcels
from bot.slack.socket import Socket
from bot.slack.uploads import SlackUploads
from bot.store.database import Database
from bot.store.inbox import Inbox
from bot.store.migrate import migrate
from bot.store.outbox import StoredOutbox
from bot.web.app import web_app
from bot.web.metrics import Metrics
from bot.web.serving import Served, address_of, bind
from commands.catalogue import SUBCOMMANDS
from commands.ports import Clock, Context
from notifiers.outbox import Outbox
from notifiers.slack import outbox_slack
from playbooks.catalogue import ACTIONS, PLAYBOOKS
from playbooks.errors import InterlockError

_log = structlog.get_logger(__name__)
_SWITCH_SECONDS = 0.001
_SWEEP_SECONDS = 3600.0
_KEPT = timedelta(days=2)
_SLACK_AWAY_SECONDS = 3.0


@dataclass(frozen=True)
class _Parts:
    """What talks to Slack, and what remembers what Slack said."""

    house: House
    metrics: Metrics
    inbox: Inbox
    desk: Desk
    outbox: Outbox
    app: AsyncApp
    client: AsyncWebClient
    installed: Installed
    engine: Engine
    alerts: AlertsIn
    followers: Followers
    parcels: Parcels
    incidents: IncidentsAtWork


def _silent(_address: str) -> None:
    return None


async def run(
    settings: BotSettings, ready: Callable[[str], None] = _silent, now: Clock = utc_now
) -> None:
    """Runs until SIGTERM or SIGINT. `ready` is told the address of the health page once Slack's
    payloads are heard. `now` is the clock that requests and schedules go by.

    Raises StackFileError for bad files, AlreadyRunning when another bot has the database, and
    InterlockError when the port is taken or Slack refuses the tokens.
    """
    began = time.monotonic()
    # Threads hand the interpreter over sooner, so that those at work hold up no acknowledgement.
    sys.setswitchinterval(_SWITCH_SECONDS)
    stop = _stop_on_signals()
    configured = read_configuration(settings.config)
    database = Database(configured.file.database_url(configured.folder))
    with contextlib.closing(database):
        migrate(database)
        house = open_house(configured, database, os.environ, now)
        for token in (settings.bot_token, settings.app_token, settings.signing_secret):
            house.redactor.learn(token.get_secret_value())
        set_up_logs(house.redactor, as_json=not sys.stderr.isatty())
        async with aiohttp.ClientSession() as session:
            anchor = AnchorFile(configured.folder / "audit-head.json")
            parts = _assembled(settings, house, session, anchor)

            def announce(address: str) -> None:
                _log.info("bot.ready", seconds=round(time.monotonic() - began, 2), health=address)
                ready(address)

            await _work(settings, parts, stop, announce)


def _assembled(
    settings: BotSettings, house: House, session: aiohttp.ClientSession, anchor: AnchorFile
) -> _Parts:
    bot_token = settings.bot_token.get_secret_value()
    now, metrics = house.context.now, Metrics()
    owner = f"{os.getpid()}-{time.time_ns()}"
    inbox = Inbox(house.database, now, owner)
    client = answering_client(bot_token, settings.slack_api, session)
    parcels = Parcels(client, session, house.database, now)
    answers = Answers(client, house.redactor, parcels)
    followers = Followers(house.ledger, house.context.facts, house.bell)
    alerts = alerts_in(house, metrics, owner)
    context = _with_slack(house, settings, followers, alerts)
    installed = Installed(bot_token)
    calls = SlackCalls(bot_token, settings.slack_api)
    incidents = incidents_at_work(house, calls, installed.user)
    ears = Ears((incidents.heard, Homes(context, calls, house.redactor)))
    desk = Desk(
        context,
        inbox,
        answers,
        failpoints=house.failpoints,
        turns=house.turns,
        hear=ears.handle,
    )
    listening = listening_client(bot_token, settings.slack_api)
    app = bolt_app(listening, settings.signing_secret.get_secret_value(), installed)
    register(app, Listeners(inbox, desk, metrics, house.failpoints, ears))
    engine = Engine(_equipment(house), anchor)
    return _Parts(
        house=house,
        metrics=metrics,
        inbox=inbox,
        desk=desk,
        outbox=_outbox(settings, house, session),
        app=app,
        client=client,
        installed=installed,
        engine=engine,
        alerts=alerts,
        followers=followers,
        parcels=parcels,
        incidents=incidents,
    )


def _outbox(settings: BotSettings, house: House, session: aiohttp.ClientSession) -> Outbox:
    now = house.context.now
    slack = outbox_slack(settings.bot_token.get_secret_value(), settings.slack_api, session)
    outbox = Outbox(StoredOutbox(house.database, now), slack, now, house.redactor)
    house.bell.listen(outbox.wake)
    return outbox


def _with_slack(
    house: House, settings: BotSettings, followers: Followers, alerts: AlertsIn
) -> Context:
    """What subcommands need, with what only a bot that talks to Slack can do."""
    known = house.context
    token = settings.bot_token.get_secret_value()
    return replace(
        known,
        uploads=SlackUploads(token, settings.slack_api),
        follows=followers,
        bundles=Bundles(known.facts, known.history, house.redactor, house.turns, known.now),
        conditions=alerts,
    )


def _equipment(house: House) -> Equipment:
    return Equipment(
        ledger=house.ledger,
        facts=house.context.facts,
        playbooks=PLAYBOOKS,
        actions=ACTIONS,
        secrets=house.secrets,
        bell=house.bell,
        failpoints=house.failpoints,
    )


async def _work(
    settings: BotSettings,
    parts: _Parts,
    stop: asyncio.Event,
    ready: Callable[[str], None],
) -> None:
    """Hears Slack and works until told to stop, then lets go of everything in order."""
    async with contextlib.AsyncExitStack() as closing:
        await parts.engine.start()
        parts.inbox.start()
        closing.push_async_callback(asyncio.to_thread, parts.inbox.stop)
        parts.alerts.inbox.start()
        closing.push_async_callback(asyncio.to_thread, parts.alerts.inbox.stop)
        closing.push_async_callback(parts.engine.stop)
        closing.push_async_callback(parts.desk.close)
        listener = closing.enter_context(bind(settings.host, settings.port))
        heard = None
        if settings.mode == "socket":
            heard = Socket(parts.app, settings.app_token.get_secret_value(), parts.metrics)
            closing.push_async_callback(heard.close)
        server = _served(parts, heard)
        serving = asyncio.ensure_future(server.serve(sockets=[listener]))
        closing.push_async_callback(_end_serving, server, serving)
        work = [
            parts.engine.until_lost(),
            parts.outbox.run(),
            parts.desk.drain(),
            parts.alerts.intake.run(),
            parts.alerts.conditions.run(),
            parts.alerts.security.run(),
            parts.incidents.rooms.run(),
            parts.incidents.reminders.run(),
            parts.incidents.catching_up.run(),
            parts.followers.run(),
            parts.parcels.sweep(),
            *errands(parts.house),
            _sweep(parts),
            _shielded(serving),
        ]
        hearing = _hear(parts, heard, server.up, lambda: ready(address_of(listener)))
        await _until(stop, [*work, hearing])


def _served(parts: _Parts, heard: Socket | None) -> Served:
    in_http = parts.app if heard is None else None
    return Served(web_app(_health(parts, heard), parts.metrics, parts.alerts.intake, in_http))


async def _end_serving(server: Served, serving: asyncio.Future[None]) -> None:
    """Answers what was asked already."""
    server.end()
    await serving


async def _shielded(serving: asyncio.Future[None]) -> None:
    """The server as one of the things that must not end; cancelling this leaves it running."""
    await asyncio.shield(serving)


async def _hear(
    parts: _Parts, heard: Socket | None, up: asyncio.Event, ready: Callable[[], None]
) -> None:
    """Hears Slack over a socket, or only over the server."""
    await up.wait()
    await _check_token(parts)
    if heard is not None:
        await heard.connect()
    ready()
    await asyncio.to_thread(_load_what_people_ask_for)
    await (asyncio.Future() if heard is None else heard.watch())


def _load_what_people_ask_for() -> None:
    """Loads every subcommand and playbook, so that the first use of one is as quick as the next."""
    for catalogue in (SUBCOMMANDS, PLAYBOOKS):
        tuple(catalogue.values())


async def _until(stop: asyncio.Event, work: list[Coroutine[Any, Any, Any]]) -> None:
    """Lets all of it run until `stop`, or until one of them breaks, whose error is raised."""
    tasks = [asyncio.ensure_future(each) for each in work]
    stopped = asyncio.ensure_future(stop.wait())
    try:
        done, _ = await asyncio.wait([*tasks, stopped], return_when=asyncio.FIRST_COMPLETED)
        for task in done - {stopped}:
            task.result()
    finally:
        for task in (*tasks, stopped):
            task.cancel()
        await asyncio.gather(*tasks, stopped, return_exceptions=True)


async def _check_token(parts: _Parts) -> None:
    """Asks Slack who we are, once, before anything is heard; waits while Slack is away."""
    while True:
        try:
            answer: Any = await parts.client.auth_test()
            parts.installed.learn(answer.data)
            return
        except SlackApiError as error:
            raise InterlockError(
                f"Slack refuses the bot token: {error.response.get('error')}.",
                "Set SLACK_BOT_TOKEN to the bot token (xoxb-…) of the installed app.",
            ) from error
        except UNREACHABLE as error:
            _log.warning("slack.away", why=str(error))
            await asyncio.sleep(_SLACK_AWAY_SECONDS)


def _health(parts: _Parts, heard: Socket | None) -> Callable[[], Awaitable[dict[str, bool]]]:
    async def health() -> dict[str, bool]:
        slack = True if heard is None else await heard.connected()
        database = await asyncio.to_thread(_answers, parts.house.database)
        return {"slack": slack, "database": database}

    return health


def _answers(database: Database) -> bool:
    try:
        with database.read() as connection:
            connection.execute(sa.select(1))
    except sa.exc.SQLAlchemyError:
        return False
    return True


async def _sweep(parts: _Parts) -> None:
    """Forgets deliveries that were dealt with long ago."""
    while True:
        before = parts.house.context.now() - _KEPT
        await asyncio.to_thread(parts.inbox.forget, before)
        await asyncio.sleep(_SWEEP_SECONDS)


def _stop_on_signals() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop
