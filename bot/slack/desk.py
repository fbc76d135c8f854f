"""Deals with what was delivered, once each, and answers."""

import asyncio
import secrets
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.engine.failpoints import Failpoints
from bot.slack.answers import UNREACHABLE, Answers
from bot.slack.delivered import Address, address_of, call_of, form_of, press_of
from bot.store.inbox import Inbox, Received
from bot.turns import Turns
from commands.buttons import OPENS_VIEW, press
from commands.dispatch import answer
from commands.forms import submit
from commands.ports import Context, Reply
from notifiers.ports import Body
from notifiers.views import blocks
from notifiers.views.text import escape
from playbooks.errors import InterlockError

T = TypeVar("T")

_log = structlog.get_logger(__name__)
_THREADS = 8
_DRAIN_SECONDS = 20.0
_NOTHING = Body(text="")


@dataclass(frozen=True)
class _Worked:
    """What came of a delivery: a reply, or a refusal and the problem behind it."""

    received: Received
    where: Address
    view: str | None
    reply: Reply | None
    refusal: Body
    problem: str


class Desk:
    """Where deliveries are worked off. The domain runs in a few threads of its own, so that what
    takes its time never delays an acknowledgement."""

    def __init__(
        self,
        context: Context,
        inbox: Inbox,
        answers: Answers,
        failpoints: Failpoints,
        turns: Turns,
    ) -> None:
        self._context = context
        self._turns = turns
        self._inbox = inbox
        self._answers = answers
        self._failpoints = failpoints
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="desk")
        self._open: set[asyncio.Task[Any]] = set()

    async def handle_new(self, received: Received) -> None:
        """Deals with a delivery that was stored and acknowledged just now."""
        self._failpoints.passing("inbox:acked")
        await self._watched(self._handle(received))

    async def drain(self) -> None:
        """Deals with what an earlier life left, then looks again from time to time."""
        while True:
            try:
                left = await self._off(self._inbox.take)
            except Exception:  # noqa: BLE001 - the loop's boundary: a sick store must not end it
                _log.exception("inbox.take_failed")
                left = ()
            for received in left:
                # One after the other; an answer that waits for Slack holds up none of the others.
                worked = await self._watched(self._work(received))
                self._begun(self._tell(worked))
            if not left:
                await asyncio.sleep(_DRAIN_SECONDS)

    async def close(self) -> None:
        """Waits for what is being dealt with. What does not end is dealt with by the next life."""
        if self._open:
            await asyncio.wait(self._open, timeout=5)
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _watched(self, work: Coroutine[Any, Any, T]) -> T:
        return await asyncio.shield(self._begun(work))

    def _begun(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(work)
        self._open.add(task)
        task.add_done_callback(self._open.discard)
        return task

    async def _handle(self, received: Received) -> None:
        await self._tell(await self._work(received))

    async def _work(self, received: Received) -> _Worked:
        where = address_of(received)
        view = await self._open_view(received, where)
        try:
            reply = await self._off(lambda: self._reply_to(received))
            return _Worked(received, where, view, reply, _NOTHING, "")
        except InterlockError as error:
            return _Worked(received, where, view, None, refused(error), str(error))
        except SQLAlchemyError as error:
            _log.exception("desk.no_memory", kind=received.kind, id=received.id)
            said = without_memory(error)
            body = Body(text=said, blocks=tuple(blocks.sections(said)))
            return _Worked(received, where, view, None, body, f"{type(error).__name__}")
        except Exception as error:  # noqa: BLE001 - the boundary of everything somebody asked for
            trouble = f"E-{secrets.token_hex(4)}"
            _log.exception("desk.broke", trouble=trouble, kind=received.kind, id=received.id)
            problem = f"{trouble} {type(error).__name__}"
            return _Worked(received, where, view, None, broken(trouble), problem)

    async def _tell(self, worked: _Worked) -> None:
        received, problem = worked.received, worked.problem
        try:
            if worked.reply is not None:
                await self._answers.give(worked.where, worked.reply, worked.view)
            elif worked.view is not None:
                await self._answers.fill_view(worked.view, worked.refusal)
            else:
                await self._answers.whisper(worked.where, worked.refusal)
        except UNREACHABLE as error:
            _log.warning("desk.not_answered", id=received.id, why=str(error))
            problem = f"{problem} not answered: {error}".strip()
        self._inbox.done(received.id, problem)

    async def _open_view(self, received: Received, where: Address) -> str | None:
        if received.kind != "action" or received.payload["action_id"] not in OPENS_VIEW:
            return None
        return await self._answers.open_view(where)

    def _reply_to(self, received: Received) -> Reply:
        with self._turns.taken():
            return self._replied(received)

    def _replied(self, received: Received) -> Reply:
        if received.kind == "action":
            again = received.tries > 1
            return press(self._context, press_of(received, self._context.access, again=again))
        if received.kind == "view":
            return submit(self._context, form_of(received, self._context.access))
        return answer(self._context, call_of(received, self._context.access))

    async def _off(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def refused(error: InterlockError) -> Body:
    """What somebody is told whose wish was not carried out."""
    lines = [escape(error.message), escape(error.hint)]
    text = "\n".join(line for line in lines if line)
    return Body(text=str(error), blocks=tuple(blocks.sections(text)))


def without_memory(error: SQLAlchemyError) -> str:
    """What somebody is told whose wish could not be noted."""
    full = "disk is full" in str(error) or "disk I/O error" in str(error)
    what = "the disk of its own database is full" if full else "its own database does not answer"
    return (
        f"Interlock could not take this: {what}. Nothing was done and nothing was counted. "
        "Whoever keeps the bot's host can help; try again then."
    )


def broken(trouble: str) -> Body:
    """What somebody is told when we failed, not they."""
    text = (
        f"Something broke in Interlock; what you typed is not to blame. It is logged as {trouble}. "
        "`/ops runs` shows whether anything was asked for."
    )
    return Body(text=text, blocks=tuple(blocks.sections(text)))
