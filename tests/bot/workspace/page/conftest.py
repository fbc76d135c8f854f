"""A workspace with the sample bot connected, and a browser."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from bot.workspace.testing import RunningWorkspace, running_workspace
from tests.bot.workspace.page.sample_bot import connected_bot
from tests.browser import chromium


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[RunningWorkspace]:
    """A fresh workspace without rate limits."""
    with running_workspace(tmp_path / "workspace", rates=False, ack_seconds=1.0) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def sample_bot(workspace: RunningWorkspace) -> AsyncIterator[RunningWorkspace]:
    """The workspace, with the sample bot connected to it."""
    async with connected_bot(workspace):
        yield workspace


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for the tests of a module."""
    async with chromium() as running:
        yield running
