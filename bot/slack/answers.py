"""Gets answers to the person: privately, into a thread, as a file, in a modal."""

import asyncio
from typing import Any

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.slack.delivered import Address
from commands.ports import Attachment, Reply
from notifiers.ports import Body
from notifiers.redactor import Redactor
from notifiers.views import blocks
from playbooks.model.base import JsonObject

_log = structlog.get_logger(__name__)
_SECONDS = 10
UNREACHABLE = (SlackClientError, aiohttp.ClientError, asyncio.TimeoutError, OSError)


class Answers:
    """Says what was answered, masked by the redactor. Raises one of UNREACHABLE when Slack does
    not take it."""

    def __init__(self, client: AsyncWebClient, redactor: Redactor) -> None:
        self._client = client
        self._redactor = redactor

    async def give(self, to: Address, reply: Reply, view_id: str | None = None) -> None:
        """All of the reply; a modal into the window that was opened for it."""
        if reply.view is not None and view_id is not None:
            await self._client.views_update(
                view_id=view_id, view=self._redactor.redact_json(reply.view)
            )
            return
        if reply.body is not None and (reply.in_channel or to.open_thread):
            await self._post(to, reply.body)
        elif reply.body is not None:
            await self.whisper(to, reply.body)
        if reply.file is not None:
            await self._upload(to, reply.file)

    async def whisper(self, to: Address, body: Body) -> None:
        """Only to that person: by the response URL, or without it when that has expired."""
        said = self._said(body)
        if to.response_url is not None and await self._respond(to.response_url, said):
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

    async def _upload(self, to: Address, file: Attachment) -> None:
        content = file.content
        if file.media == "text/plain":
            content = self._redactor.redact(content.decode(errors="replace")).encode()
        await self._client.files_upload_v2(
            channel=to.channel,
            thread_ts=to.open_thread or to.thread_ts,
            filename=file.name,
            title=file.title,
            initial_comment=self._redactor.redact(f"{file.title} · for <@{to.user}>"),
            content=content,
        )

    def _said(self, body: Body) -> dict[str, Any]:
        shown = list(body.blocks) or blocks.sections(body.text)
        return {
            "text": self._redactor.redact(body.text),
            "blocks": self._redactor.redact_json(shown),
        }


def loading() -> JsonObject:
    """The window that is open while its content is made."""
    return {
        "type": "modal",
        "title": blocks.plain("Interlock"),
        "close": blocks.plain("Close"),
        "blocks": blocks.sections("Loading…"),
    }
