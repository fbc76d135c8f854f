"""The Web API clients of the bot's listening side."""

import aiohttp
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncRateLimitErrorRetryHandler,
    AsyncServerErrorRetryHandler,
)
from slack_sdk.web.async_client import AsyncWebClient

_SECONDS = 15


def answering_client(token: str, base_url: str, session: aiohttp.ClientSession) -> AsyncWebClient:
    """Waits where Slack says so, and tries again when it did not answer."""
    return AsyncWebClient(
        token,
        base_url=base_url,
        timeout=_SECONDS,
        session=session,
        retry_handlers=[
            AsyncConnectionErrorRetryHandler(max_retry_count=2),
            AsyncRateLimitErrorRetryHandler(max_retry_count=2),
            AsyncServerErrorRetryHandler(max_retry_count=2),
        ],
    )


def listening_client(token: str, base_url: str) -> AsyncWebClient:
    """For Bolt, which copies it for every lazy listener: it holds nothing that is open."""
    return AsyncWebClient(token, base_url=base_url, timeout=_SECONDS)
