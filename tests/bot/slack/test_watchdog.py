"""A socket that is open and hears nothing is noticed."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from slack_sdk.socket_mode.aiohttp import SocketModeClient

from bot.slack.socket import deafness


@pytest.fixture
async def client() -> AsyncIterator[SocketModeClient]:
    """A client that is not connected."""
    client = SocketModeClient(app_token="xapp-test")
    yield client
    client.closed = True
    client.message_processor.cancel()
    await client.aiohttp_client_session.close()


async def test_a_fresh_connection_is_not_deaf(client: SocketModeClient) -> None:
    """A pong is waited for before a connection is called deaf."""
    assert deafness(client, since=1000.0, now=1010.0) == ""


async def test_no_pong_for_long_is_deaf(client: SocketModeClient) -> None:
    """Half a minute without a pong is deaf, however open the socket looks."""
    client.last_ping_pong_time = 1000.0
    assert deafness(client, since=990.0, now=1020.0) == ""
    assert deafness(client, since=990.0, now=1031.0) == "no pong"


async def test_a_dead_task_is_deaf(client: SocketModeClient) -> None:
    """When the task that hands messages on has ended, nothing is heard any more."""
    client.message_processor.cancel()
    await asyncio.gather(client.message_processor, return_exceptions=True)
    assert deafness(client, since=1000.0, now=1000.0) == "message_processor ended"
