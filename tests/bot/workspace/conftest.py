"""A workspace a test, with rates off unless the test chooses otherwise."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.workspace.testing import running_workspace
from tests.support.workspace import Sim

Start = Callable[..., Sim]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts workspaces with chosen settings; they end with the test."""
    with ExitStack() as stack:

        def begin(**settings: Any) -> Sim:
            chosen = {"rates": False, "state": tmp_path / "state", **settings}
            workspace = stack.enter_context(running_workspace(**chosen))
            http = stack.enter_context(httpx.Client(base_url=workspace.url, timeout=20))
            return Sim(workspace, http)

        yield begin


@pytest.fixture
def sim(start: Start) -> Sim:
    """A workspace as it is by default, without rates."""
    return start()
