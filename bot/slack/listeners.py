"""What Bolt hears. Everything is acknowledged; what we act on is on disk before that."""

import re
from collections.abc import Mapping
from typing import Any

import structlog
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.exc import SQLAlchemyError

from bot.engine.failpoints import Failpoints
from bot.slack.answers import UNREACHABLE
from bot.slack.delivered import Kind, delivery_id, kept
from bot.slack.desk import Desk, without_memory
from bot.slack.ears import Ears
from bot.slack.installed import Installed
from bot.store.inbox import Inbox
from bot.web.metrics import Metrics
from commands.buttons import ACTIONS
from commands.forms import CALLBACKS, mistakes
from commands.shortcuts import OPEN_INCIDENT

_log = structlog.get_logger(__name__)
_ANYTHING = re.compile(".*", re.DOTALL)
_OURS = re.compile(f"^({'|'.join(sorted(ACTIONS))})$")
_OUR_WINDOWS = re.compile(f"^({'|'.join(sorted(CALLBACKS))})$")
_NEW = "new_delivery"


class Listeners:
    """Stores, acknowledges, and hands over to the desk."""

    def __init__(
        self, inbox: Inbox, desk: Desk, metrics: Metrics, failpoints: Failpoints, ears: Ears
    ) -> None:
        self._ears = ears
        self._inbox = inbox
        self._desk = desk
        self._metrics = metrics
        self._failpoints = failpoints

    async def command(
        self, ack: AsyncAck, body: Mapping[str, Any], context: AsyncBoltContext
    ) -> None:
        await self._store("command", body, context)
        await ack()

    async def action(
        self, ack: AsyncAck, body: Mapping[str, Any], context: AsyncBoltContext
    ) -> None:
        await self._store("action", body, context)
        await ack()

    async def view(self, ack: AsyncAck, body: Mapping[str, Any], context: AsyncBoltContext) -> None:
        """What is wrong is said in the window, which stays open; then nothing has happened."""
        filled = kept("view", body)
        wrong = mistakes(filled["callback_id"], filled["carried"], filled["values"])
        if wrong:
            await ack(response_action="errors", errors=dict(wrong))
            return
        await self._store("view", body, context)
        await ack()

    async def shortcut(
        self, ack: AsyncAck, body: Mapping[str, Any], context: AsyncBoltContext
    ) -> None:
        await self._store("shortcut", body, context)
        await ack()

    async def event(
        self, ack: AsyncAck, body: Mapping[str, Any], context: AsyncBoltContext
    ) -> None:
        """What nobody asked us for is kept where an incident may be concerned."""
        if not self._ears.wants(body["event"]):
            await self.ignore(ack, body)
            return
        await self._store("event", body, context)
        await ack()

    async def mention(
        self, ack: AsyncAck, body: Mapping[str, Any], context: AsyncBoltContext
    ) -> None:
        await self._store("mention", body, context)
        await ack()

    async def handle(self, context: AsyncBoltContext) -> None:
        """The lazy part: only for what was stored now, and not for what came a second time."""
        received = context.get(_NEW)
        if received is not None:
            await self._desk.handle_new(received)

    async def ignore(self, ack: AsyncAck, body: Mapping[str, Any]) -> None:
        """Acknowledged, counted, and nothing else."""
        await ack()
        self._metrics.ignored.labels(kind_of(body)).inc()

    async def nothing(self) -> None:
        """The lazy part of what is ignored."""

    async def _store(self, kind: Kind, body: Mapping[str, Any], context: AsyncBoltContext) -> None:
        delivery = delivery_id(kind, body)
        received = await self._inbox.put(delivery, kind, kept(kind, body))
        if received is not None:
            context[_NEW] = received
            self._metrics.received.labels(kind).inc()
        else:
            self._metrics.repeated.labels(kind).inc()
        self._failpoints.passing("inbox:stored")


def bolt_app(client: AsyncWebClient, signing_secret: str, installed: Installed) -> AsyncApp:
    """An app without listeners. Acknowledgements are sent when the `ack=` function returns, so a
    payload that could not be stored is not acknowledged, and Slack delivers it again."""
    return AsyncApp(
        client=client,
        authorize=installed,
        signing_secret=signing_secret,
        process_before_response=True,
        raise_error_for_unhandled_request=True,
    )


def register(app: AsyncApp, listeners: Listeners) -> None:
    """Every kind of payload has a listener; the last ones only acknowledge."""
    app.command(_ANYTHING)(ack=listeners.command, lazy=[listeners.handle])
    app.action(_OURS)(ack=listeners.action, lazy=[listeners.handle])
    app.view(_OUR_WINDOWS)(ack=listeners.view, lazy=[listeners.handle])
    app.event("app_mention")(ack=listeners.mention, lazy=[listeners.handle])
    app.shortcut(OPEN_INCIDENT)(ack=listeners.shortcut, lazy=[listeners.handle])
    for catch in (app.action, app.shortcut, app.view, app.view_closed, app.options):
        catch(_ANYTHING)(ack=listeners.ignore, lazy=[listeners.nothing])
    app.event(_ANYTHING)(ack=listeners.event, lazy=[listeners.handle])
    app.error(_last_resort)


def kind_of(body: Mapping[str, Any]) -> str:
    """`message`, `view_submission`, …: what kind of payload this is, for the counter."""
    event = body.get("event")
    return str((event or body).get("type") or ("command" if "command" in body else "other"))


async def _last_resort(
    error: Exception, body: Mapping[str, Any], respond: AsyncRespond
) -> BoltResponse:
    """What no listener took is acknowledged; what failed before it was stored is not: an event
    comes again by itself, a person is told to try again."""
    if isinstance(error, BoltUnhandledRequestError):
        _log.info("slack.unknown_payload", kind=kind_of(body))
        return BoltResponse(status=200, body="")
    _log.error("slack.not_stored", kind=kind_of(body), error=repr(error), exc_info=error)
    if isinstance(error, SQLAlchemyError) and body.get("response_url"):
        try:
            await respond(without_memory(error), response_type="ephemeral", replace_original=False)
        except UNREACHABLE as unreachable:
            _log.warning("slack.not_told", why=str(unreachable))
    return BoltResponse(status=500, body="")
