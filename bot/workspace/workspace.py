"""The workspace, wired: every part once, handed to the routes."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from bot.workspace.acts.answers import Answers
from bot.workspace.acts.triggers import Triggers
from bot.workspace.clock import MessageClock
from bot.workspace.conversation import Conversation
from bot.workspace.delivery.events import Events
from bot.workspace.delivery.http import HttpTransport
from bot.workspace.delivery.outcome import Transport
from bot.workspace.delivery.sockets import SocketHub
from bot.workspace.earlier import Earlier
from bot.workspace.errors import SetupError
from bot.workspace.faults import Faults
from bot.workspace.feed import Feed
from bot.workspace.inspector import Inspector
from bot.workspace.modals import Modals
from bot.workspace.rates import Rates
from bot.workspace.seed import Manifest, read_manifest, read_seed
from bot.workspace.settings import WorkspaceSettings
from bot.workspace.store.database import Database
from bot.workspace.store.directory import Directory
from bot.workspace.store.files import FileStore
from bot.workspace.store.messages import MessageStore
from bot.workspace.store.response_urls import ResponseUrls
from bot.workspace.store.views import ViewStore


@dataclass(slots=True)
class Health:
    """What /sim/health reports beside the bot: whether the supervised stack is up."""

    stack: bool


@dataclass(slots=True)
class Workspace:
    """All parts; `url` is how the bot and the browser reach it."""

    settings: WorkspaceSettings
    url: str
    manifest: Manifest
    database: Database
    directory: Directory
    messages: MessageStore
    conversation: Conversation
    views: ViewStore
    modals: Modals
    files: FileStore
    response_urls: ResponseUrls
    triggers: Triggers
    answers: Answers
    events: Events
    earlier: Earlier
    transport: Transport
    sockets: SocketHub
    inspector: Inspector
    feed: Feed
    rates: Rates
    faults: Faults
    health: Health

    def reset(self) -> None:
        """Forgets all that was said and all faults; people, channels and sockets stay."""
        self.events.forget()
        self.earlier.forget()
        self.database.forget_content()
        self.files.forget_bytes()
        self.inspector.forget()
        self.faults.clear()
        self.rates.forget()
        self.feed.tell_all({"type": "reset"})


def build(settings: WorkspaceSettings, url: str, session: aiohttp.ClientSession) -> Workspace:
    """Wires a workspace on its state folder; call it in the event loop that serves it.

    Raises SetupError for a bad seed or manifest, or a state folder that cannot be used.
    """
    manifest, seed = read_manifest(settings.manifest), read_seed(settings.seed)
    database = _database(settings.state)
    directory, feed = Directory(database, seed), Feed()
    inspector = Inspector(feed)
    sockets = _sockets(settings, directory, feed, inspector)
    transport = _transport(settings, sockets, session)
    events = Events(
        database, directory, transport, inspector, manifest.events, settings.retry_delays
    )
    messages, answers, views = MessageStore(database), Answers(), ViewStore(database)
    clock, earlier = MessageClock(messages.last_ts()), Earlier()
    return Workspace(
        settings=settings,
        url=url,
        manifest=manifest,
        database=database,
        directory=directory,
        messages=messages,
        conversation=Conversation(
            database, directory, messages, clock, feed, answers, events, earlier
        ),
        views=views,
        modals=Modals(database, directory, views, feed, answers),
        files=FileStore(database, settings.state / "files"),
        response_urls=ResponseUrls(database, settings.response_url_seconds),
        triggers=Triggers(settings.trigger_seconds),
        answers=answers,
        events=events,
        earlier=earlier,
        transport=transport,
        sockets=sockets,
        inspector=inspector,
        feed=feed,
        rates=Rates(settings.rates),
        faults=Faults(),
        health=Health(stack=not settings.wait_for_stack),
    )


def _database(state: Path) -> Database:
    try:
        state.mkdir(parents=True, exist_ok=True)
        return Database(state / "workspace.sqlite")
    except (OSError, sqlite3.Error) as error:
        raise SetupError(
            f"{state}: cannot be used as state folder ({error}); name another"
        ) from error


def _sockets(
    settings: WorkspaceSettings, directory: Directory, feed: Feed, inspector: Inspector
) -> SocketHub:
    return SocketHub(
        directory.bot.app_id,
        settings.ack_seconds,
        settings.connection_seconds,
        inspector,
        lambda connected: feed.tell_all({"type": "bot", "connected": connected}),
    )


def _transport(
    settings: WorkspaceSettings, sockets: SocketHub, session: aiohttp.ClientSession
) -> Transport:
    if settings.deliver_to is None:
        return sockets
    return HttpTransport(
        settings.deliver_to, settings.secrets.signing_secret, settings.ack_seconds, session
    )
