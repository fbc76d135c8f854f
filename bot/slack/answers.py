"""Gets answers to the person: privately, into a thread, as a file, in a modal."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.slack.delivered import Address
from bot.slack.parcels import Parcels
from commands.ports import Attachment, Reply
from notifiers.failures import Kind, trouble
from notifiers.ports import Body
from notifiers.redactor import Redactor
from notifiers.views import blocks
from notifiers.views.text import code, escape
from playbooks.model.base import JsonObject

T = TypeVar("T")

_log = structlog.get_logger(__name__)
_SECONDS = 10
_PATIENCE_SECONDS = 60.0
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 10.0
UNREACHABLE = (SlackClientError, aiohttp.ClientError, asyncio.TimeoutError, OSError)


class Answers:
    """Says what was answered, masked by the redactor. While Slack is away it is said again, for a
    minute. Raises one of UNREACHABLE when Slack does not take it."""

    def __init__(self, client: AsyncWebClient, redactor: Redactor, parcels: Parcels) -> None:
        self._client = client
        self._redactor = redactor
        self._parcels = parcels

    async def give(self, to: Address, reply: Reply, view_id: str | None = None) -> None:
        """All of the reply; a modal into the window that was opened for it."""
        if reply.view is not None and view_id is not None:
            await self._client.views_update(
                view_id=view_id, view=self._redactor.redact_json(reply.view)
            )
            return
        if reply.parcel is not None:
            where = await self._parcels.hand_over(to.user, reply.parcel)
            await self.whisper(to, _with_line(reply.body or Body(text=where), where))
            return
        if reply.in_channel or to.open_thread:
            if reply.body is not None:
                await self._post(to, reply.body)
            if reply.file is not None:
                thread = to.open_thread or to.thread_ts
                await self._upload(to.channel, thread, reply.file, f" · for <@{to.user}>")
            return
        handed = None if reply.file is None else await self._hand_over(to, reply.file)
        if reply.body is not None:
            await self.whisper(to, _with_line(reply.body, handed))

    async def whisper(self, to: Address, body: Body) -> None:
        """Only to that person: by the response URL, or without it when that has expired;
        directly where there is no channel, as in a window."""
        said = self._said(body)
        await _patiently(lambda: self._whisper_once(to, said))

    async def _whisper_once(self, to: Address, said: dict[str, Any]) -> None:
        if to.response_url is not None and await self._respond(to.response_url, said):
            return
        if to.channel == to.user:
            opened = await self._client.conversations_open(users=to.user)
            await self._client.chat_postMessage(channel=opened["channel"]["id"], **said)
            return
        await self._client.chat_postEphemeral(
            channel=to.channel, user=to.user, thread_ts=to.thread_ts or to.open_thread, **said
        )

    async def open_view(self, to: Address) -> str | None:
        """A window that says that it is loading; None when the time for it is over."""
        if to.trigger_id is None:
            return None
        try:
            answer = await self._client.views_open(trigger_id=to.trigger_id, view=loading())
        except SlackApiError as error:
            _log.info("slack.no_view", why=error.response.get("error"))
            return None
        return str(answer["view"]["id"])

    async def fill_view(self, view_id: str, body: Body) -> None:
        """Shows a message in the window instead of what was wanted."""
        shown = list(body.blocks) or blocks.sections(body.text)
        view = {**loading(), "blocks": self._redactor.redact_json(shown)}
        await self._client.views_update(view_id=view_id, view=view)

    async def _post(self, to: Address, body: Body) -> None:
        await self._client.chat_postMessage(
            channel=to.channel, thread_ts=to.open_thread or to.thread_ts, **self._said(body)
        )

    async def _respond(self, url: str, said: JsonObject) -> bool:
        webhook = AsyncWebhookClient(url, timeout=_SECONDS, session=self._client.session)
        try:
            answer = await webhook.send(response_type="ephemeral", replace_original=False, **said)
        except UNREACHABLE as error:
            _log.info("slack.response_url_failed", why=str(error))
            return False
        return answer.status_code == 200

    async def _hand_over(self, to: Address, file: Attachment) -> str:
        """The file goes into the direct messages of who asked; mrkdwn: where it is, or why not."""
        try:
            await _patiently(lambda: self._send_directly(to.user, file))
        except SlackApiError as error:
            why = str(error.response.get("error"))
            _log.warning("slack.file_refused", name=file.name, why=why)
            return (
                f"{code(file.name)} could not be sent to you: Slack says {code(why)}. The app "
                "needs the scopes `im:write` and `files:write`."
            )
        return f"{code(file.name)} is in your direct messages with Interlock, for you alone."

    async def _send_directly(self, user: str, file: Attachment) -> None:
        opened = await self._client.conversations_open(users=user)
        await self._upload(str(opened["channel"]["id"]), None, file, "")

    async def _upload(
        self, channel: str, thread: str | None, file: Attachment, remark: str
    ) -> None:
        content = file.content
        if file.media.startswith("text/"):
            content = self._redactor.redact(content.decode(errors="replace")).encode()
        await self._client.files_upload_v2(
            channel=channel,
            thread_ts=thread,
            filename=file.name,
            title=file.title,
            initial_comment=self._redactor.redact(f"{escape(file.title)}{remark}"),
            content=content,
        )

    def _said(self, body: Body) -> dict[str, Any]:
        shown = list(body.blocks) or blocks.sections(body.text)
        return {
            "text": self._redactor.redact(body.text),
            "blocks": self._redactor.redact_json(shown),
        }


async def _patiently(call: Callable[[], Awaitable[T]]) -> T:
    """Calls again while Slack is away or wants us slower, as long as the patience lasts."""
    until, pause = time.monotonic() + _PATIENCE_SECONDS, _FIRST_PAUSE
    while True:
        try:
            return await call()
        except UNREACHABLE as error:
            problem = trouble(error)
            seconds = max(pause, problem.retry_after)
            passing = problem.kind in {Kind.AWAY, Kind.LIMITED}
            if not passing or time.monotonic() + seconds > until:
                raise
            _log.info("slack.answer_waits", seconds=seconds, why=problem.why)
        await asyncio.sleep(seconds)
        pause = min(pause * 2, _LONGEST_PAUSE)


def _with_line(body: Body, line: str | None) -> Body:
    """The body, with a line of small print under it."""
    if line is None:
        return body
    shown = list(body.blocks) or blocks.sections(escape(body.text))
    return body.model_copy(update={"blocks": (*shown, *blocks.context(line))})


def loading() -> JsonObject:
    """The window that is open while its content is made."""
    return {
        "type": "modal",
        "title": blocks.plain("Interlock"),
        "close": blocks.plain("Close"),
        "blocks": blocks.sections("Loading…"),
    }
