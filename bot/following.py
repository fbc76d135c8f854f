"""Follows logs: looks for new lines and brings them into a thread, no faster than Slack takes."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta

import sqlalchemy as sa
import structlog

from bot.bell import Bell
from bot.ledger import Ledger
from bot.rounds import until_heard
from bot.store import follows as rows
from bot.store import outbox
from bot.store.ids import new_id
from commands.ports import FollowOrder
from notifiers.ports import Body, Desired, Lane
from notifiers.views import follow as view
from playbooks.errors import BadArgument, Refused, UnknownName
from playbooks.gate.access import may
from playbooks.model.base import JsonObject
from playbooks.model.facts import FactQuery
from playbooks.model.followed import FOLLOW_PREFIX, RESTART, Follow
from playbooks.model.people import Actor
from playbooks.ports import FactReader

_log = structlog.get_logger(__name__)
LONGEST = timedelta(minutes=30)
_AT_ONCE = 6
_LOOK_SECONDS = 10.0
# Slack takes a post a second and channel, and fifty edits a minute in all: this is well below.
_PACE_SECONDS = 3.0
_IDLE_SECONDS = 10.0
# What fits into one message of the thread.
_CHARACTERS = 6_000
_LINE_CHARACTERS = 1_500
_KEPT = timedelta(days=7)


@dataclass
class Page:
    """The newest message of a thread: what it says, and what waits to be said."""

    number: int = 0
    version: int = 0
    lines: list[str] = field(default_factory=list)
    left_out: int = 0
    waiting: deque[str] = field(default_factory=deque)
    skipped: int = 0
    said: int = 0
    lost: int = 0

    def take(self, lines: list[str]) -> None:
        """New lines wait; the oldest give way when more come than fit into a message."""
        self.waiting.extend(line[:_LINE_CHARACTERS] for line in lines)
        while len(self.waiting) > 1 and _length(self.waiting) > _CHARACTERS:
            self.waiting.popleft()
            self.skipped += 1

    @property
    def fits(self) -> bool:
        """Whether what waits fits into the message that is there."""
        return self.number > 0 and _length(self.lines) + _length(self.waiting) <= _CHARACTERS

    def turn(self) -> None:
        """Begins the next message."""
        self.number, self.version = self.number + 1, 0
        self.lines, self.left_out = [], 0

    def say(self) -> None:
        """Moves what waits into the message."""
        self.said, self.lost = self.said + len(self.waiting), self.lost + self.skipped
        self.lines += self.waiting
        self.left_out += self.skipped
        self.version += 1
        self.waiting.clear()
        self.skipped = 0


def _length(lines: deque[str] | list[str]) -> int:
    return sum(len(line) + 1 for line in lines)


class Followers:
    """`commands.ports.Follows`, and the loop that does it. What an earlier life followed has ended,
    and its message says so."""

    def __init__(
        self, ledger: Ledger, facts: FactReader, bell: Bell, pace: float = _PACE_SECONDS
    ) -> None:
        self._ledger = ledger
        self._facts = facts
        self._bell = bell
        self._pace = pace

    def begin(self, actor: Actor, channel: str, span: timedelta, order: FollowOrder) -> Follow:
        """Raises Refused when as many are followed as can be, BadArgument for a wrong span."""
        if not timedelta(0) < span <= LONGEST:
            minutes = round(LONGEST.total_seconds() / 60)
            raise BadArgument(
                f"A log can be followed for at most {minutes} minutes.", "Ask for it again then."
            )
        now = self._ledger.now()
        follow = Follow(
            id=f"{FOLLOW_PREFIX}{new_id()}",
            stack=order.stack,
            title=order.title,
            query=order.query,
            typed=order.typed,
            channel=channel,
            person=actor.name,
            slack=actor.slack,
            began_at=now,
            until=now + span,
        )
        with self._ledger.database.write() as connection:
            self._require_room(connection)
            rows.begin(connection, follow)
            self._want_root(connection, follow, view.going_on(follow))
        self._bell.ring()
        return follow

    def stop(self, id_: str, actor: Actor) -> Follow:
        """Raises UnknownName, or Refused when the person may not read that stack."""
        with self._ledger.database.write() as connection:
            follow = rows.get(connection, id_)
            if follow is None:
                raise UnknownName(f"Nothing is followed as {id_}.", "It may have ended long ago.")
            self._require(actor, follow)
            ended = rows.end(connection, id_, self._ledger.now(), actor.name)
        return ended or follow

    async def run(self) -> None:
        """Looks after everything that is followed, for ever."""
        await asyncio.to_thread(self._end_left)
        heard = self._bell.heard_here()
        under_way: dict[str, asyncio.Task[None]] = {}
        async with asyncio.TaskGroup() as tasks:
            while True:
                heard.clear()
                for follow in await asyncio.to_thread(self._going_on):
                    if follow.id not in under_way:
                        under_way[follow.id] = tasks.create_task(self._follow(follow))
                under_way = {id_: task for id_, task in under_way.items() if not task.done()}
                await until_heard(heard, _IDLE_SECONDS)

    async def _follow(self, follow: Follow) -> None:
        page, cursor = Page(), JsonObject()
        try:
            while await asyncio.to_thread(self._goes_on, follow):
                cursor = await asyncio.to_thread(self._look, follow, page, cursor)
                await asyncio.sleep(self._pace)
            await asyncio.to_thread(self._look, follow, page, cursor)
        except Exception:  # noqa: BLE001 - the boundary of this task: the others go on
            _log.exception("follow.failed", id=follow.id)
        # Where the bot itself ends, the next life says so.
        await asyncio.to_thread(self._end, follow, page)

    def _look(self, follow: Follow, page: Page, cursor: JsonObject) -> JsonObject:
        """Reads what is new and says it, unless Slack has not taken yet what was said before."""
        query = FactQuery(fact="logs.fresh", args={**follow.query, "cursor": cursor})
        facts = self._facts.read(self._ledger.stacks[follow.stack], [query], within=_LOOK_SECONDS)
        fact = facts.get(query)
        if fact is None:
            why = facts.missing.get(query.key, "not read")
            trouble = f"(cannot be read: {why})"
            page.take([] if trouble in page.lines[-1:] else [trouble])
        else:
            page.take([str(line) for line in fact["lines"]])
        if page.waiting:
            self._say(follow, page)
        return cursor if fact is None else dict(fact["cursor"])

    def _say(self, follow: Follow, page: Page) -> None:
        with self._ledger.database.write() as connection:
            if page.number and not rows.is_said(connection, _key(follow, page)):
                return
            if not page.fits:
                page.turn()
            page.say()
            desired = Desired(
                key=_key(follow, page),
                channel=follow.channel,
                lane=Lane.PROGRESS,
                version=page.version,
                body=view.part(page.lines, page.left_out, self._ledger.now()),
                thread_of=_root_key(follow),
            )
            outbox.want(connection, desired, self._ledger.now())
        self._bell.ring()

    def _goes_on(self, follow: Follow) -> bool:
        with self._ledger.database.read() as connection:
            known = rows.get(connection, follow.id)
        going = known is not None and known.ended_at is None
        return going and self._ledger.now() < follow.until

    def _end(self, follow: Follow, page: Page) -> None:
        now = self._ledger.now()
        with self._ledger.database.write() as connection:
            ended = rows.end(connection, follow.id, now) or rows.get(connection, follow.id)
            if ended is not None:
                lost = page.lost + page.skipped + len(page.waiting)
                self._want_root(connection, ended, view.ended(ended, page.said, lost))
            rows.forget(connection, now - _KEPT)
        self._bell.ring()

    def _end_left(self) -> None:
        """What an earlier life followed."""
        with self._ledger.database.write() as connection:
            for follow in rows.going_on(connection):
                ended = rows.end(connection, follow.id, self._ledger.now(), RESTART)
                if ended is not None:
                    self._want_root(connection, ended, view.ended(ended, None, 0))
        self._bell.ring()

    def _going_on(self) -> list[Follow]:
        with self._ledger.database.read() as connection:
            known = rows.going_on(connection)
        return [follow for follow in known if follow.stack in self._ledger.stacks]

    def _want_root(self, connection: sa.Connection, follow: Follow, body: Body) -> None:
        desired = Desired(
            key=_root_key(follow),
            channel=follow.channel,
            lane=Lane.UPDATE,
            version=follow.version,
            body=body,
        )
        outbox.want(connection, desired, self._ledger.now())

    def _require_room(self, connection: sa.Connection) -> None:
        known = rows.going_on(connection)
        if len(known) >= _AT_ONCE:
            names = ", ".join(f"{each.title} (`/ops cancel {each.id}`)" for each in known)
            raise Refused(f"{len(known)} logs are followed already: {names}.", "End one of them.")

    def _require(self, actor: Actor, follow: Follow) -> None:
        stack = self._ledger.stacks.get(follow.stack)
        environment = stack.environment if stack else ""
        if stack is None or not may(
            self._ledger.policy, actor.person, "read", stack.name, environment
        ):
            raise Refused(f"You may not look at {follow.stack}, so its logs are not yours to stop.")


def _root_key(follow: Follow) -> str:
    return f"follow:{follow.id}"


def _key(follow: Follow, page: Page) -> str:
    return f"follow:{follow.id}:{page.number}"
