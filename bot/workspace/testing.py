"""A workspace for tests: in a thread of this process, on a free port."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn

from bot.workspace.errors import WorkspaceError
from bot.workspace.server import run
from bot.workspace.settings import Secrets, WorkspaceSettings
from bot.workspace.workspace import Workspace

START_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class RunningWorkspace:
    """Where it is, and what the bot has to present."""

    url: str
    secrets: Secrets

    @property
    def api_url(self) -> str:
        """`base_url` for slack_sdk's clients."""
        return f"{self.url}/api/"


class _Thread:
    def __init__(self, settings: WorkspaceSettings) -> None:
        self._settings = settings
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._main, name="workspace", daemon=True)
        self._server: uvicorn.Server | None = None
        self.url: str | None = None
        self.error: WorkspaceError | None = None

    def _main(self) -> None:
        try:
            asyncio.run(run(self._settings, self._started))
        except WorkspaceError as error:
            self.error = error
        finally:
            self._ready.set()

    def _started(self, workspace: Workspace, server: uvicorn.Server) -> None:
        self.url, self._server = workspace.url, server
        self._ready.set()

    def start(self) -> str:
        self._thread.start()
        self._ready.wait(START_SECONDS)
        if self.error is not None:
            raise self.error
        if self.url is None:
            raise WorkspaceError("the workspace did not start; see the log of its thread")
        return self.url

    def stop(self) -> None:
        if self._server is not None:
            self._server.should_exit = True
        self._thread.join(START_SECONDS)


@contextmanager
def running_workspace(state: Path, **settings: Any) -> Iterator[RunningWorkspace]:
    """Serves `WorkspaceSettings(state=state, **settings)` for the length of the block.

    A plain context manager, for sync and async tests alike: it starts in about 100 ms. The port
    is a free one unless given. Raises SetupError for bad settings.
    """
    chosen = WorkspaceSettings(state=state, **{"port": 0, **settings})
    thread = _Thread(chosen)
    url = thread.start()
    try:
        yield RunningWorkspace(url, chosen.secrets)
    finally:
        thread.stop()
