"""The Web API client that the outbox may be given."""

from typing import Any

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from notifiers.ports import Slack

_SECONDS = 15


def outbox_slack(
    token: str,
    base_url: str = AsyncWebClient.BASE_URL,
    session: aiohttp.ClientSession | None = None,
) -> Slack:
    """A client that never tries again by itself. With a `session` its connections are reused.

    slack_sdk's default retries a dropped connection, which posts a message twice when only the
    answer was lost. The outbox looks first.
    """
    client = AsyncWebClient(
        token, base_url=base_url, timeout=_SECONDS, retry_handlers=[], session=session
    )
    return WebSlack(client)


class WebSlack:
    """notifiers.ports.Slack over slack_sdk, whose own signatures are narrower than the port's."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client

    async def chat_postMessage(self, **arguments: Any) -> object:  # noqa: N802
        return await self._client.chat_postMessage(**arguments)

    async def chat_update(self, **arguments: Any) -> object:
        return await self._client.chat_update(**arguments)

    async def chat_delete(self, **arguments: Any) -> object:
        return await self._client.chat_delete(**arguments)

    async def files_upload_v2(self, **arguments: Any) -> object:
        return await self._client.files_upload_v2(**arguments)

    async def conversations_history(self, **arguments: Any) -> object:
        return await self._client.conversations_history(**arguments)

    async def conversations_replies(self, **arguments: Any) -> object:
        return await self._client.conversations_replies(**arguments)

    async def conversations_list(self, **arguments: Any) -> object:
        return await self._client.conversations_list(**arguments)

    async def conversations_join(self, **arguments: Any) -> object:
        return await self._client.conversations_join(**arguments)

    async def conversations_open(self, **arguments: Any) -> object:
        return await self._client.conversations_open(**arguments)
