"""The Web API client for answers."""

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
