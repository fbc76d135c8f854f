"""Notes pages, and the messages that say what becomes of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from bot.oncall.news import News
from bot.store import outbox
from bot.store import paging as rows
from commands.ports import Clock
from notifiers.ports import Desired, Lane
from notifiers.views.paging import notice_said
from notifiers.views.text import escape
from playbooks.respond.escalation import Recipient
from playbooks.respond.oncall import fits_one
from playbooks.respond.page import Page, PageNotice
from playbooks.respond.paging import Paging


def want_notice(
    connection: sa.Connection,
    notice: PageNotice,
    pages: Sequence[Page],
    clock: Clock,
    lane: Lane = Lane.CRITICAL,
) -> None:
    """Notes all of it in the caller's transaction: what was noted before stays as it is."""
    if rows.notice(connection, notice.key) is not None:
        return
    rows.put_notice(connection, notice, clock())
    for page in pages:
        rows.add(connection, page)
    _want(connection, notice, clock, lane)


def restate(connection: sa.Connection, key: str, clock: Clock) -> None:
    """The message should say what is known of its pages now."""
    notice = rows.notice(connection, key)
    if notice is None:
        return
    fresh = notice.model_copy(update={"version": notice.version + 1})
    rows.put_notice(connection, fresh, clock())
    _want(connection, fresh, clock, Lane.UPDATE)


def _want(connection: sa.Connection, notice: PageNotice, clock: Clock, lane: Lane) -> None:
    pages = rows.of_notice(connection, notice.key)
    desired = Desired(
        key=notice.key,
        channel=notice.channel,
        lane=lane,
        version=notice.version,
        body=notice_said(notice, pages),
        thread_of=outbox.root_of(connection, notice.thread_of) if notice.thread_of else None,
    )
    outbox.want(connection, desired, clock())


def page_to(recipient: Recipient, paging: Paging) -> tuple[str, str] | None:
    """The kind of a recipient's page, and the reference to the address that it goes to."""
    if recipient.target:
        target = paging.targets[recipient.target]
        return target.kind, target.url
    if recipient.way == "email" and paging.email:
        return "email", paging.email
    if recipient.way == "sms" and paging.sms:
        return "sms", paging.sms
    return None


@dataclass(frozen=True)
class Teller:
    """`notify` for all others: which targets are told of an event is in `interlock.yaml`."""

    paging: Paging
    now: Clock
    redact: Callable[[str], str]

    def notify(self, connection: sa.Connection, news: News) -> None:
        """In the caller's transaction; the same key again changes nothing."""
        names = [
            name
            for telling in self.paging.tell
            if news.event in telling.events and fits_one(news.stack, telling.stacks)
            for name in telling.to
        ]
        notice = PageNotice(
            key=f"page:{news.key}",
            channel=news.channel,
            thread_of=news.thread_of,
            stack=news.stack,
            words=f"Told of {escape(news.title)}:",
        )
        pages = [self._page(news, notice, name) for name in dict.fromkeys(names)]
        if found := [page for page in pages if page is not None]:
            want_notice(connection, notice, found, self.now, Lane.UPDATE)

    def _page(self, news: News, notice: PageNotice, name: str) -> Page | None:
        target, now = self.paging.targets[name], self.now()
        if not target.takes(news.severity):
            return None
        return Page(
            key=f"{notice.key}:{name}",
            notice=notice.key,
            stack=news.stack,
            matter=news.key,
            shown=name,
            kind=target.kind,
            url=target.url,
            severity=news.severity,
            title=self.redact(news.title),
            text=self.redact(news.text),
            due_at=now,
            noted_at=now,
        )
