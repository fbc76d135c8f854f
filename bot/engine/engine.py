"""The engine: starts claimed runs, carries them out, and takes up what a crash left."""

import asyncio
import contextlib
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import structlog

from bot.audit import AnchorFile
from bot.engine import endings
from bot.engine.carried import Carried, Equipment
from bot.engine.chores import Chores, take_another_attempt
from bot.engine.dispatch import Attempt, dispatch
from bot.engine.durable import Durable
from bot.engine.interpreter import Interpreter
from bot.engine.performer import Performer
from bot.engine.sole import SoleOwner
from bot.engine.story import RECOVERY
from bot.engine.work import Halted
from bot.store import requests, runs
from playbooks.errors import InterlockError
from playbooks.model.request import RunState

_log = structlog.get_logger()
_MOST_STEPS_AT_ONCE = 16
_MOST_BROKEN = 5
_TAKE_UP_SECONDS = 15.0
_HOUR = 3600.0
_WORKFLOWS_KEPT = timedelta(days=7)


class Engine:
    """`start` inside the running loop; `wake` from any thread; `stop` lets steps come to rest.

    `tick`: seconds between the chores (progress, heartbeats, expiry), and the longest a claimed
    run waits when nobody wakes the engine.
    """

    def __init__(
        self, house: Equipment, anchor: AnchorFile | None = None, tick: float = 3.0
    ) -> None:
        self._house = house
        self._chores = Chores(house, anchor)
        self._tick = tick
        self._owner = SoleOwner(house.ledger.database)
        self._threads = ThreadPoolExecutor(_MOST_STEPS_AT_ONCE, thread_name_prefix="step")
        self._own_thread = ThreadPoolExecutor(2, thread_name_prefix="engine")
        self._active: set[str] = set()
        self._active_lock = threading.Lock()
        self._quiet = threading.Condition(self._active_lock)
        self._broken: Counter[str] = Counter()
        self._waiting: dict[str, float] = {}
        self._woken = asyncio.Event()
        self._lost = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._durable: Durable | None = None
        self._tasks: tuple[asyncio.Task[None], ...] = ()

    async def start(self) -> None:
        """Raises AlreadyRunning when another process carries out this database's runs."""
        await asyncio.to_thread(self._owner.take)
        self._loop = asyncio.get_running_loop()
        self._durable = Durable(self._house.ledger.database, self._carry_out)
        await self._durable.launch()
        self._house.bell.listen(self.wake)
        self._tasks = (
            asyncio.create_task(self._keep_dispatching(self._durable)),
            asyncio.create_task(self._keep_house()),
            asyncio.create_task(self._keep_hourly(self._durable)),
        )

    async def stop(self, patience: float = 10.0) -> None:
        """Steps that can be interrupted are, and go on in the next life; others are awaited for
        `patience` seconds."""
        self._house.board.halt.set()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.to_thread(self._await_quiet, patience)
        if self._durable is not None:
            await self._durable.close()
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._own_thread.shutdown(wait=False, cancel_futures=True)
        self._owner.give_up()

    async def until_lost(self) -> None:
        """Never returns. Raises InterlockError once the database is no longer ours: another
        process may carry out its runs from then on, so this one has to end."""
        await self._lost.wait()
        raise InterlockError(
            "The lock on the database is lost, so nothing more is carried out here.",
            "Start interlock again; it takes up every run where it stood.",
        )

    def wake(self) -> None:
        """There may be something to start. Safe from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._woken.set)

    async def _keep_dispatching(self, durable: Durable) -> None:
        loop = asyncio.get_running_loop()
        while not self._house.board.halt.is_set():
            self._woken.clear()
            try:
                for attempt in await loop.run_in_executor(self._own_thread, dispatch, self._house):
                    if attempt.run not in self._active:
                        await self._set_going(durable, attempt)
            except Exception:  # noqa: BLE001 - the boundary of this task
                _log.exception("engine.dispatch-failed")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._tick):
                    await self._woken.wait()

    async def _set_going(self, durable: Durable, attempt: Attempt) -> None:
        standing = await durable.standing(attempt)
        if standing == "waiting" and not self._waits_too_long(attempt):
            return
        if standing == "new":
            await durable.start(attempt)
        elif standing == "given up" or self._broken[attempt.run] >= _MOST_BROKEN:
            await asyncio.to_thread(self._ask_about_crashes, attempt)
        else:
            after = await asyncio.to_thread(take_another_attempt, self._house, attempt)
            if after is not None:
                await durable.start(after)

    def _waits_too_long(self, attempt: Attempt) -> bool:
        """Whether DBOS has had its time to take the attempt up by itself. A later attempt is safe:
        the earlier one, should it still come, sees that it is not its turn."""
        since = self._waiting.setdefault(attempt.workflow, time.monotonic())
        if time.monotonic() - since < _TAKE_UP_SECONDS:
            return False
        del self._waiting[attempt.workflow]
        return True

    async def _keep_house(self) -> None:
        loop = asyncio.get_running_loop()
        while not self._house.board.halt.is_set():
            await asyncio.sleep(self._tick)
            try:
                await loop.run_in_executor(self._own_thread, self._chores.all, sorted(self._active))
                await self._check_ownership()
            except Exception:  # noqa: BLE001 - the boundary of this task
                _log.exception("engine.chores-failed")

    async def _keep_hourly(self, durable: Durable) -> None:
        loop = asyncio.get_running_loop()
        while not self._house.board.halt.is_set():
            try:
                await loop.run_in_executor(self._own_thread, self._chores.say_head_of_yesterday)
                await durable.forget(self._house.ledger.now() - _WORKFLOWS_KEPT)
            except Exception:  # noqa: BLE001 - the boundary of this task
                _log.exception("engine.hourly-chores-failed")
            await asyncio.sleep(_HOUR)

    async def _check_ownership(self) -> None:
        if not await asyncio.to_thread(self._owner.is_ours):
            self._house.board.halt.set()
            self._lost.set()

    async def _carry_out(self, run: str, number: int) -> None:
        """The workflow, on its own loop. Does nothing when the run is not at this attempt, or
        already at work."""
        if not self._enter(run):
            return
        try:
            loop = asyncio.get_running_loop()
            carried = await loop.run_in_executor(self._threads, self._carried, run, number)
            if carried is not None:
                stop = self._house.board.stop_event(run)
                await Interpreter(carried, Performer(carried, stop), self._threads).carry_out()
            self._broken.pop(run, None)
        except Halted:
            _log.info("engine.halted", run=run, attempt=number)
            return
        except Exception:
            self._broken[run] += 1
            _log.exception("engine.run-broke", run=run, attempt=number)
            raise
        finally:
            self._leave(run)
        self.wake()

    def _await_quiet(self, patience: float) -> None:
        with self._quiet:
            self._quiet.wait_for(lambda: not self._active, patience)

    def _enter(self, run: str) -> bool:
        with self._active_lock:
            if run in self._active:
                return False
            self._active.add(run)
            return True

    def _leave(self, run: str) -> None:
        with self._active_lock:
            self._active.discard(run)
            self._quiet.notify_all()

    def _carried(self, run: str, number: int) -> Carried | None:
        with self._house.ledger.database.read() as connection:
            row, request = runs.row(connection, run), requests.get(connection, run)
        if row is None or request is None or row["started_at"] is None:
            return None
        if row["attempt"] != number or row["state"] != RunState.RUNNING.value:
            return None
        if row["cancel_requested_by"] is not None:
            self._house.board.stop(run)
        return Carried(self._house, request, row["started_at"])

    def _ask_about_crashes(self, attempt: Attempt) -> None:
        carried = self._carried(attempt.run, attempt.number)
        if carried is None:
            return
        why = "The bot crashed several times while it carried this out."
        self._broken.pop(attempt.run, None)
        number = carried.story().attempt("run", RECOVERY) + 1
        carried.note("run", RECOVERY, number, "uncertain", {"why": why})
        endings.ask(carried, RECOVERY, "Carrying on after a crash", why)
