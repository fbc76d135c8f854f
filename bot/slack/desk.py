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
from bot.slack.delivered import Address, address_of, call_of, form_of, press_of, shortcut_of
from bot.slack.homes import home_opened
from bot.store.inbox import Inbox, Received
from bot.turns import Turns
from commands.buttons import OPENS_VIEW, press
from commands.dispatch import answer, opens_window
from commands.forms import submit
from commands.ports import Call, Context, Reply, Typed
from commands.respond.incident import INCIDENT
from commands.shortcuts import chosen
from notifiers.ports import Body
from notifiers.views import blocks
from notifiers.views.text import escape
from playbooks.errors import InterlockError
from playbooks.model.base import JsonObject

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
        *,
        failpoints: Failpoints,
        turns: Turns,
        hear: Callable[[JsonObject], None],
    ) -> None:
        """`hear` is told what happened in Slack that nobody asked us for."""
        self._hear = hear
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
            if received.kind == "event":
                self._settle_event(received, problem)
                return
            view = worked.view or await self._window_at_home(worked)
            if worked.reply is not None:
                await self._give(worked.where, worked.reply, view)
            elif view is not None:
                await self._answers.fill_view(view, worked.refusal)
            else:
                await self._answers.whisper(worked.where, worked.refusal)
        except UNREACHABLE as error:
            _log.warning("desk.not_answered", id=received.id, why=str(error))
            problem = f"{problem} not answered: {error}".strip()
        self._inbox.done(received.id, problem)

    async def _give(self, to: Address, reply: Reply, view: str | None) -> None:
        """What needs no window after all is said in the one that was opened for it."""
        if view is not None and reply.view is None and reply.body is not None:
            await self._answers.fill_view(view, reply.body)
        else:
            await self._answers.give(to, reply, view)

    async def _window_at_home(self, worked: _Worked) -> str | None:
        """What is to be said where nothing can be said is said in a window."""
        says = worked.reply is None or worked.reply.body is not None
        return (
            await self._answers.open_view(worked.where) if worked.where.at_home and says else None
        )

    def _settle_event(self, received: Received, problem: str) -> None:
        """What could not be followed is tried again by the next life."""
        if problem:
            _log.warning("desk.not_followed", id=received.id, why=problem)
        else:
            self._inbox.done(received.id)

    async def _open_view(self, received: Received, where: Address) -> str | None:
        pressed = received.kind == "action" and received.payload["action_id"] in OPENS_VIEW
        typed = received.kind == "command" and opens_window(str(received.payload.get("text") or ""))
        if not pressed and not typed and received.kind != "shortcut":
            return None
        return await self._answers.open_view(where)

    def _reply_to(self, received: Received) -> Reply:
        with self._turns.taken():
            return self._replied(received)

    def _replied(self, received: Received) -> Reply:
        if received.kind == "action":
            return self._shown_at_home(received, self._pressed)
        if received.kind == "view":
            return self._shown_at_home(received, self._filled)
        if received.kind == "shortcut":
            return chosen(self._context, shortcut_of(received, self._context.access))
        if received.kind == "event":
            self._hear(received.payload)
            return Reply()
        call = call_of(received, self._context.access)
        self._note_typed(received, call)
        return answer(self._context, call)

    def _pressed(self, received: Received) -> Reply:
        again = received.tries > 1
        return press(self._context, press_of(received, self._context.access, again=again))

    def _filled(self, received: Received) -> Reply:
        return submit(self._context, form_of(received, self._context.access))

    def _shown_at_home(self, received: Received, work: Callable[[Received], Reply]) -> Reply:
        """What is done from the Home tab shows there at once, whatever came of it."""
        try:
            return work(received)
        finally:
            if address_of(received).at_home:
                self._hear(home_opened(received.payload["user_id"]))

    def _note_typed(self, received: Received, call: Call) -> None:
        """What is typed where an incident lives is part of it; `incident` itself says so anyway."""
        if not call.text.strip() or call.text.split()[0].lower() == INCIDENT.name:
            return
        self._context.incidents.typed(
            Typed(
                actor=call.actor,
                channel=call.channel,
                thread=call.thread_ts,
                text=call.text.strip(),
                at=received.received_at,
                once=received.id,
            )
        )

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
