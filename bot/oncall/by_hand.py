"""Pages that somebody sends by hand."""

from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from bot import audit
from bot.bell import Bell
from bot.incidents.record import Happened, record
from bot.ledger import Ledger
from bot.oncall.telling import page_to, want_notice
from bot.store import outbox
from bot.store import paging as rows
from commands.ports.oncall import HandPage
from notifiers.ports import Desired, Lane
from notifiers.views.paging import direct
from notifiers.views.text import clip, person
from playbooks.model.thresholds import Severity
from playbooks.respond.escalation import Recipient, reach
from playbooks.respond.page import Page, PageNotice
from playbooks.respond.paging import Paging, Way
from playbooks.respond.timeline import Lane as TimelineLane

_LONGEST = 1_000


@dataclass(frozen=True)
class HandPages:
    """By every way that the people have: in Slack always, by email and, when it is critical, by
    SMS, where `paging` has what carries it."""

    ledger: Ledger
    paging: Paging
    bell: Bell

    def page(self, page: HandPage) -> tuple[str, ...]:
        """How they are reached. Asked for again under the same `once`, nobody is told twice."""
        recipients = tuple(self._recipients(page))
        key = f"page:hand:{page.once}"
        with self.ledger.database.write() as connection:
            if rows.notice(connection, key) is None:
                self._send(connection, page, key, recipients)
        self.bell.ring()
        return tuple(each.shown for each in recipients)

    def _recipients(self, page: HandPage) -> Iterator[Recipient]:
        severity: Severity = "critical" if page.critical else "warning"
        for name in page.whom:
            entry = self.ledger.policy.people[name]
            ways: list[Way] = ["slack"]
            ways += ["email"] if entry.email and self.paging.email else []
            ways += ["sms"] if entry.phone and self.paging.sms and page.critical else []
            found = reach(name, entry, ways, severity, self.paging)
            yield from (each for each in found if isinstance(each, Recipient))

    def _send(
        self,
        connection: sa.Connection,
        page: HandPage,
        key: str,
        recipients: tuple[Recipient, ...],
    ) -> None:
        asker = person(page.actor.slack, page.actor.name)
        slack = [each for each in recipients if each.way == "slack"]
        whom = ", ".join(person(each.slack, each.name) for each in slack)
        text = self.ledger.redactor.redact(page.text)[:_LONGEST]
        notice = PageNotice(
            key=key,
            channel=page.channel,
            thread_of=None,
            stack=page.stack,
            words=f"{asker} pages {whom}: {clip(text, _LONGEST)}",
        )
        pages = [found for each in recipients if (found := self._page(page, key, each, text))]
        want_notice(connection, notice, pages, self.ledger.now)
        title = self._title(page)
        for each in slack:
            body = direct(title, text, f"{asker} asked for you.")
            desired = Desired(
                key=f"{key}:{each.slack}",
                channel=each.slack,
                lane=Lane.CRITICAL,
                version=1,
                body=body,
            )
            outbox.want(connection, desired, self.ledger.now())
        self._remember(connection, page, key, [each.shown for each in recipients], text)

    def _title(self, page: HandPage) -> str:
        about = f" about {page.stack}" if page.stack else ""
        return f"{page.actor.name} pages you{about}"

    def _page(self, page: HandPage, key: str, recipient: Recipient, text: str) -> Page | None:
        place, now = page_to(recipient, self.paging), self.ledger.now()
        if place is None:
            return None
        return Page(
            key=f"{key}:{recipient.shown}",
            notice=key,
            stack=page.stack,
            matter=key,
            shown=recipient.shown,
            kind=place[0],
            url=place[1],
            to=recipient.address,
            severity="critical" if page.critical else "warning",
            title=self._title(page),
            text=text,
            due_at=now,
            noted_at=now,
        )

    def _remember(
        self, connection: sa.Connection, page: HandPage, key: str, told: list[str], text: str
    ) -> None:
        now = self.ledger.now()
        audit.append(
            connection,
            at=now,
            kind="page.by-hand",
            actor=page.actor.name,
            stack=page.stack,
            subject=",".join(page.whom),
            detail={"told": told, "text": text},
        )
        if not page.stack:
            return
        happened = Happened(
            stack=page.stack,
            key=key,
            at=now,
            lane=TimelineLane.PEOPLE,
            kind="paged",
            text=f"{page.actor.name} paged {', '.join(told)}: {text}",
            by=page.actor.name,
        )
        record(connection, happened)
