"""One step of an escalation: whom it tells, and the messages and pages that do."""

from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from bot import audit
from bot.incidents.record import Happened, record
from bot.ledger import Ledger
from bot.oncall.duty import Duties
from bot.oncall.pagers import opening
from bot.oncall.telling import page_to, want_notice
from bot.store import outbox
from notifiers.ports import Body, Desired, Lane
from notifiers.views.alert import alert_value
from notifiers.views.paging import direct, direct_over, unattended
from notifiers.views.text import duration, escape, is_slack_id, joined, mention
from playbooks.respond.alert import Group
from playbooks.respond.escalation import (
    Book,
    Called,
    Escalation,
    Matter,
    Recipient,
    advanced,
    called,
)
from playbooks.respond.page import Page, PageNotice
from playbooks.respond.paging import EscalationPolicy, Paging
from playbooks.respond.timeline import Lane as TimelineLane


@dataclass(frozen=True)
class _Step:
    """A step as it is carried out. `key` is that of its message."""

    key: str
    escalation: Escalation
    policy: EscalationPolicy
    group: Group
    found: Called


@dataclass(frozen=True)
class Caller:
    """Carries steps out within the caller's transaction."""

    ledger: Ledger
    paging: Paging
    duties: Duties

    def step(
        self,
        connection: sa.Connection,
        escalation: Escalation,
        policy: EscalationPolicy,
        group: Group,
    ) -> Escalation:
        """The escalation after its next step: mentioned, sent directly, noted for the pager, said
        in the audit and in the timeline."""
        now, stack = self.ledger.now(), self.ledger.stacks.get(escalation.stack)
        on_call = self.duties.on_call(connection, stack, now)
        book = Book(self.ledger.policy.people, on_call, self.paging)
        matter = Matter(escalation.severity, stack, now)
        found = called(policy.steps[escalation.step], matter, book)
        key = f"{opening(escalation.subject)}{policy.name}:{escalation.step + 1}"
        taken = _Step(key, escalation, policy, group, found)
        notice = PageNotice(
            key=key,
            channel=escalation.channel,
            thread_of=escalation.thread_of,
            stack=escalation.stack,
            group=group.key,
            words=self._words(taken),
            missing=found.missing,
        )
        want_notice(connection, notice, list(self._pages(taken)), self.ledger.now)
        for recipient in found.recipients:
            if recipient.way == "slack" and is_slack_id(recipient.slack):
                self._direct(connection, taken, recipient)
        self._remember(connection, taken)
        return advanced(escalation, policy, now, told=bool(found.recipients))

    def _words(self, taken: _Step) -> str:
        waited = duration(taken.escalation.unattended(self.ledger.now()).total_seconds())
        mentioned = [
            mention(each.slack, each.name) for each in taken.found.recipients if each.way == "slack"
        ]
        told = ", ".join(mentioned)
        others = bool([each for each in taken.found.recipients if each.way != "slack"])
        nobody = "" if told or others else "There is nobody to tell."
        number, steps = taken.escalation.step + 1, len(taken.policy.steps)
        place = f"{number}, the last one" if number == steps else f"{number} of {steps}"
        return joined(
            [
                f"*Nobody has taken care of it for {waited}.* {told}{nobody}".rstrip(),
                f"step {place}" if steps > 1 else "",
            ]
        )

    def _pages(self, taken: _Step) -> Iterator[Page]:
        now = self.ledger.now()
        for each in taken.found.recipients:
            place = page_to(each, self.paging)
            if place is None:
                continue
            kind, url = place
            yield Page(
                key=f"{taken.key}:{each.shown}",
                notice=taken.key,
                stack=taken.escalation.stack,
                matter=taken.escalation.subject,
                shown=each.shown,
                kind=kind,
                url=url,
                to=each.address,
                severity=taken.escalation.severity,
                title=self._title(taken),
                text=self._text(taken),
                due_at=now,
                noted_at=now,
            )

    def _title(self, taken: _Step) -> str:
        group = taken.group
        whose = f"{group.stack}: " if group.stack else ""
        return self.ledger.redactor.redact(f"{group.severity.upper()} {whose}{group.rule}")

    def _text(self, taken: _Step) -> str:
        """Plain, for people who may not have Slack before them."""
        group = taken.group
        waited = taken.escalation.unattended(self.ledger.now()).total_seconds()
        storm = taken.escalation.subject.startswith("storm:")
        lines = [
            f"{unattended(group.rule, group.stack, waited)}.",
            group.summary,
            f"Last value: {group.value}" if group.value else "",
            f"Firing since {group.since:%Y-%m-%d %H:%M} UTC.",
            "It is part of an alert storm; more fires." if storm else "",
            f"Runbook: {group.runbook_url}" if group.runbook_url else "",
            "Acknowledge it on its card in Slack.",
        ]
        return self.ledger.redactor.redact("\n".join(line for line in lines if line))

    def _direct(self, connection: sa.Connection, taken: _Step, recipient: Recipient) -> None:
        channel = taken.escalation.channel
        place = f"<#{channel}>" if channel[:1] == "C" and channel.isupper() else escape(channel)
        waited = taken.escalation.unattended(self.ledger.now()).total_seconds()
        lines = (taken.group.summary, f"Nobody has taken care of it for {duration(waited)}.")
        body = direct(
            self._title(taken),
            self.ledger.redactor.redact("\n".join(line for line in lines if line)),
            f"You are told because you are on call, or named for it. Its card is in {place}.",
            alert_value(taken.group),
        )
        self._say(connection, f"{taken.key}:{recipient.slack}", recipient.slack, body)

    def tell_over(
        self, connection: sa.Connection, escalation: Escalation, group: Group | None
    ) -> None:
        """Who was told directly sees that somebody takes care of it, or that it is over. `group` is
        what still fires, and is attended to."""
        whose = f"{escalation.stack}: " if escalation.stack else ""
        title = f"{escalation.severity.upper()} {whose}{escalation.rule}"
        body = direct_over(self.ledger.redactor.redact(title), group)
        for desired in outbox.directly_said(connection, opening(escalation.subject)):
            newer = {"body": body, "version": desired.version + 1, "lane": Lane.UPDATE}
            outbox.want(connection, desired.model_copy(update=newer), self.ledger.now())

    def _say(self, connection: sa.Connection, key: str, channel: str, body: Body) -> None:
        desired = Desired(key=key, channel=channel, lane=Lane.CRITICAL, version=1, body=body)
        outbox.want(connection, desired, self.ledger.now())

    def _remember(self, connection: sa.Connection, taken: _Step) -> None:
        now, escalation = self.ledger.now(), taken.escalation
        told = [each.shown for each in taken.found.recipients]
        missing = list(taken.found.missing)
        detail = {"rule": taken.group.rule, "step": escalation.step + 1, "told": told}
        audit.append(
            connection,
            at=now,
            kind="page.step",
            actor="escalation",
            stack=escalation.stack,
            subject=taken.group.key,
            detail={**detail, "policy": taken.policy.name, "missing": missing},
        )
        who = ", ".join(told) or f"nobody ({'; '.join(missing)})"
        happened = Happened(
            stack=escalation.stack,
            key=taken.key,
            at=now,
            lane=TimelineLane.PEOPLE,
            kind="paged",
            text=f"Nobody had taken care of {taken.group.rule}: told {who}",
            detail={**detail, "group": taken.group.key},
        )
        record(connection, happened)
