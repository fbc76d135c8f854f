"""Sends pages. Each is noted before it is sent and its result after, so that a kill in between
leaves one that may have been sent, which is said."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, TimeoutError, wait
from dataclasses import dataclass, field

import sqlalchemy as sa
import structlog

from bot import audit
from bot.bell import Bell
from bot.engine.failpoints import Failpoints
from bot.incidents.record import Happened, record
from bot.ledger import Ledger
from bot.oncall.duty import Duties
from bot.oncall.telling import restate
from bot.rounds import rounds
from bot.store import outbox
from bot.store import paging as rows
from notifiers.channels import Place, Said, deliver, get_ready
from notifiers.ports import Desired, Lane
from notifiers.views.paging import trouble_said
from notifiers.views.text import duration
from playbooks.errors import SecretUnavailable
from playbooks.ports import Secrets
from playbooks.respond.page import (
    Delivery,
    Page,
    PageState,
    again_is_safe,
    begun,
    ended,
    unsure,
)
from playbooks.respond.paging import Paging
from playbooks.respond.timeline import Lane as TimelineLane

_log = structlog.get_logger(__name__)
_SECONDS = 5.0
_AT_ONCE = 8
_GRACE_SECONDS = 5.0
_STOPPED = "Interlock was stopped while it was being sent"
_WENT_WRONG = frozenset({PageState.REFUSED, PageState.FAILED, PageState.UNSURE})


@dataclass
class Pager:
    """One a process. `look` sends what is due and comes back when all of it has ended."""

    ledger: Ledger
    paging: Paging
    duties: Duties
    secrets: Secrets
    bell: Bell
    failpoints: Failpoints
    _threads: ThreadPoolExecutor | None = field(default=None, init=False)
    _looked: bool = field(default=False, init=False)

    async def run(self) -> None:
        """For ever."""
        await rounds("pager", _SECONDS, self.look, self.bell.heard_here())

    def look(self) -> None:
        if not self._looked:
            self._left_behind()
            self._looked = True
        with self.ledger.database.read() as connection:
            due = rows.due(connection, self.ledger.now())
        if due:
            get_ready()
            self._send([self._noted(page) for page in due])

    def _left_behind(self) -> None:
        """What an earlier life was sending when it was killed."""
        now = self.ledger.now()
        with self.ledger.database.write() as connection:
            for page in rows.sending(connection):
                if again_is_safe(page):
                    again = {"state": PageState.WAITING, "due_at": now}
                    rows.put(connection, page.model_copy(update=again))
                else:
                    self._settle(connection, unsure(page, _STOPPED, now))
        self.bell.ring()

    def _noted(self, page: Page) -> Page:
        noted = begun(page)
        with self.ledger.database.write() as connection:
            rows.put(connection, noted)
        self.failpoints.passing("page:noted")
        return noted

    def _send(self, pages: Sequence[Page]) -> None:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="pager")
        sent = {self._threads.submit(self._attempt, page): page for page in pages}
        waits = self.paging.timeout.total_seconds() + _GRACE_SECONDS
        wait(sent, timeout=waits)
        for future, page in sent.items():
            self.failpoints.passing("page:sent")
            with self.ledger.database.write() as connection:
                self._settle(connection, self._outcome(page, future))
        self.bell.ring()

    def _outcome(self, page: Page, future: "Future[Delivery]") -> Page:
        now = self.ledger.now()
        try:
            delivery = future.result(timeout=0)
        except TimeoutError:
            why = f"no answer within {duration(self.paging.timeout.total_seconds())}"
            if not again_is_safe(page):
                return unsure(page, why, now)
            delivery = Delivery(delivered=False, why=why)
        return ended(page, delivery, self.paging.attempts, now)

    def _attempt(self, page: Page) -> Delivery:
        redact = self.ledger.redactor
        try:
            url = self.secrets.resolve(page.url).reveal().strip()
            said = Said(page.title, page.text, page.severity, page.matter, page.over)
            place, seconds = Place(page.kind, url, page.to), self.paging.timeout.total_seconds()
            delivery = deliver(place, said, seconds, redact.learn)
        except SecretUnavailable as error:
            return Delivery(delivered=False, why=redact.redact(str(error)))
        except Exception as error:  # noqa: BLE001 - the boundary of one page: what plugins raise
            _log.exception("pager.broke", page=page.key)
            return Delivery(delivered=False, why=type(error).__name__)
        return delivery.model_copy(update={"why": redact.redact(delivery.why)})

    def _settle(self, connection: sa.Connection, page: Page) -> None:
        """Writes down what became of it, and says so."""
        rows.put(connection, page)
        restate(connection, page.notice, self.ledger.now)
        if page.state is PageState.WAITING:
            return
        self._remember(connection, page)
        if page.state in _WENT_WRONG and not page.over:
            self._ask_for_help(connection, page)

    def _ask_for_help(self, connection: sa.Connection, page: Page) -> None:
        """A new message, which those who are on call are told of, as an edit tells nobody."""
        notice = rows.notice(connection, page.notice)
        if notice is None:
            return
        now, people = self.ledger.now(), self.ledger.policy.people
        stack = self.ledger.stacks.get(page.stack)
        names = self.duties.on_call(connection, stack, now).values()
        who = [people[name].slack for name in dict.fromkeys(names) if name in people]
        root = outbox.root_of(connection, notice.thread_of) if notice.thread_of else None
        desired = Desired(
            key=f"{page.key}:trouble",
            channel=notice.channel,
            lane=Lane.CRITICAL,
            version=1,
            body=trouble_said(page, who),
            thread_of=root or notice.key,
        )
        outbox.want(connection, desired, now)

    def _remember(self, connection: sa.Connection, page: Page) -> None:
        now = self.ledger.now()
        detail = {"told": page.shown, "attempts": page.attempts, "why": page.why}
        audit.append(
            connection,
            at=now,
            kind=f"page.{page.state.value}",
            actor="pager",
            stack=page.stack,
            subject=page.matter,
            detail={**detail, "over": page.over},
        )
        notice = rows.notice(connection, page.notice)
        group = {"group": notice.group} if notice is not None and notice.group else {}
        why = f": {page.why}" if page.why else ""
        happened = Happened(
            stack=page.stack,
            key=f"{page.key}:{page.state.value}",
            at=now,
            lane=TimelineLane.PEOPLE,
            kind=page.state.value,
            text=f"Telling {page.shown}: {page.state.value}{why}",
            detail=group,
        )
        record(connection, happened)
