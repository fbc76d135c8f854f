"""DBOS: keeps that a run is under way, and takes it up again after a crash.

The workflow's input is only the run's id and attempt: plan and journal are rows of ours, so the
interpreter may change from version to version without stranding what is under way.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime
from typing import Any, Literal, TypeVar

import sqlalchemy as sa
from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetWorkflowID

from bot.engine.dispatch import Attempt
from bot.store.database import Database

# Changing this strands what is under way; see above for why it never has to.
_APPLICATION_VERSION = "interlock-runs-1"
_MOST_RECOVERIES = 5
_MOST_THREADS = 8
_MOST_FORGOTTEN = 500
_WAITING = {"PENDING", "ENQUEUED", "DELAYED"}
_GAVE_UP = "MAX_RECOVERY_ATTEMPTS_EXCEEDED"

T = TypeVar("T")
CarryOut = Callable[[str, int], Awaitable[None]]


class Durable:
    """The workflows of this process. One live process per database.

    They have an event loop and a thread of their own: DBOS makes its small thread pool the default
    one of the loop it runs on, which everything else of the bot would then have to share.
    """

    def __init__(self, database: Database, carry_out: CarryOut) -> None:
        self._database = database
        self._carry_out = carry_out
        self._engine = _sqlite_engine(database)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="runs", daemon=True)
        self._workflow: Any = None

    async def launch(self) -> None:
        """Takes up what an earlier life left."""
        self._thread.start()
        await self._there(self._launch())

    async def start(self, attempt: Attempt) -> None:
        """Starts the attempt; one that was started before is not started again."""
        await self._there(self._start(attempt))

    async def standing(self, attempt: Attempt) -> Literal["new", "waiting", "over", "given up"]:
        """`waiting`: DBOS takes it up by itself. `given up`: it crashed too often."""
        status = await self._there(DBOS.get_workflow_status_async(attempt.workflow))
        if status is None:
            return "new"
        if status.status == _GAVE_UP:
            return "given up"
        return "waiting" if status.status in _WAITING else "over"

    async def forget(self, before: datetime) -> None:
        """Deletes a batch of workflows that ended before; our own rows tell their story."""
        await self._there(self._forget(before))

    async def close(self) -> None:
        """Ends the loop with all that runs on it; what was under way goes on in the next life."""
        await asyncio.to_thread(DBOS.destroy, destroy_registry=True)
        await self._there(_end_tasks())
        self._loop.call_soon_threadsafe(self._loop.stop)
        await asyncio.to_thread(self._thread.join)
        self._loop.close()
        if self._engine is not None:
            self._engine.dispose()

    async def _launch(self) -> None:
        DBOS(config=_config(self._database, self._engine))

        async def attempt(run: str, number: int) -> None:
            await self._carry_out(run, number)

        self._workflow = DBOS.workflow(
            name="interlock.run", max_recovery_attempts=_MOST_RECOVERIES
        )(attempt)
        DBOS.launch()

    async def _start(self, attempt: Attempt) -> None:
        with SetWorkflowID(attempt.workflow):
            await DBOS.start_workflow_async(self._workflow, attempt.run, attempt.number)

    async def _forget(self, before: datetime) -> None:
        old = await DBOS.list_workflows_async(
            completed_before=before.isoformat(),
            limit=_MOST_FORGOTTEN,
            load_input=False,
            load_output=False,
        )
        await DBOS.delete_workflows_async([workflow.workflow_id for workflow in old])

    async def _there(self, work: Coroutine[Any, Any, T]) -> T:
        """Awaits `work` on the workflows' own loop."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))


async def _end_tasks() -> None:
    """Ends whatever still waits on this loop, so that it can be closed."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _config(database: Database, engine: sa.Engine | None) -> DBOSConfig:
    url = engine.url if engine is not None else database.url.set(drivername="postgresql")
    config: DBOSConfig = {
        "name": "interlock",
        "system_database_url": url.render_as_string(hide_password=False),
        "dbos_system_schema": "interlock_runs",
        "application_version": _APPLICATION_VERSION,
        "executor_id": "interlock",
        "serializer": DBOSPortableJSONSerializer(),
        "max_executor_threads": _MOST_THREADS,
        "sys_db_pool_size": 4,
        "log_level": "WARNING",
    }
    if engine is not None:
        config["system_database_engine"] = engine
    return config


def _sqlite_engine(database: Database) -> sa.Engine | None:
    """DBOS keeps its own file beside ours, so that neither waits for the other's writers."""
    if database.path is None:
        return None
    path = database.path.with_name(f"{database.path.stem}-runs{database.path.suffix}")
    engine = sa.create_engine(f"sqlite:///{path}", pool_size=4, max_overflow=8)
    sa.event.listen(engine, "connect", _prepare)
    return engine


def _prepare(connection: Any, _record: object) -> None:
    for pragma in ("journal_mode=WAL", "busy_timeout=30000", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    connection.isolation_level = "IMMEDIATE"
