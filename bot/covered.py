"""Requests that were approved together with an earlier one: the beginning of a window that was
planned, the end of maintenance that was asked for with its length."""

from dataclasses import dataclass

import sqlalchemy as sa

from bot.ledger import Ledger
from bot.refusals import ask_refusal
from bot.requesting import Wish, open_request
from bot.store import requests
from commands.ports import Asking
from playbooks.errors import Refused
from playbooks.model.people import Actor
from playbooks.model.plan import Plan
from playbooks.model.request import Request


@dataclass(frozen=True)
class Cover:
    """What covers a request: the run that was approved, who asked for it, in whose words it is
    shown. `once` is its own id, whoever asks for it how often."""

    run: str
    person: str
    typed: str
    once: str


def asked_before(ledger: Ledger, once: str) -> Request | None:
    with ledger.database.read() as connection:
        return requests.get_once(connection, once)


def ask_covered(ledger: Ledger, plan: Plan, cover: Cover) -> Request:
    """Opens the request as approved; asked for again, the first one. Raises Refused."""
    earlier = asked_before(ledger, cover.once)
    if earlier is not None:
        return earlier
    try:
        with ledger.database.write() as connection:
            return _open(ledger, connection, plan, cover)
    except sa.exc.IntegrityError:
        # Two processes came to it at once; the other one was first.
        first = asked_before(ledger, cover.once)
        if first is None:
            raise
        return first


def _open(ledger: Ledger, connection: sa.Connection, plan: Plan, cover: Cover) -> Request:
    person = ledger.policy.person(cover.person)
    slack = person.slack if person else ""
    refusal = ask_refusal(
        ledger,
        connection,
        plan,
        Asking(
            actor=Actor(slack=slack, person=person),
            channel="",
            typed=cover.typed,
            origin="schedule",
        ),
    )
    rule = ledger.policy.rule_for(plan)
    if refusal is not None or rule is None:
        raise refusal or Refused(f"No policy rule fits {plan.operation}.")
    covered = plan.model_copy(
        update={"notes": (*plan.notes, f"Approved together with {cover.run}.")}
    )
    wish = Wish(
        requester=cover.person, slack=slack, typed=cover.typed, origin="schedule", once=cover.once
    )
    return open_request(ledger, connection, covered, rule.model_copy(update={"approvals": 0}), wish)
