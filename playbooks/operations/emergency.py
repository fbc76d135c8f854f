"""Assess: look at all of a stack and say how it is. The first rung of the emergency ladder.

The other rungs are operations of their own: restart, roll back, recover.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from playbooks.model.base import Model
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import Line, Plan, Risk, Step
from playbooks.model.stack import Stack
from playbooks.playbook import Playbook
from playbooks.repository.listing import Listing, Summary
from playbooks.spans import span

_CLOCK = FactQuery(fact="clock.now")
_LIST = FactQuery(fact="repository.list")


class AssessParams(Model):
    """Nothing to choose: all of the stack is looked at."""


def needs(stack: Stack, _params: AssessParams) -> Sequence[FactQuery]:
    return (_CLOCK, *((_LIST,) if stack.backup is not None else ()))


def plan(stack: Stack, params: AssessParams, facts: Facts) -> Plan:
    """One step that only reads, and holds nothing up. Raises FactUnavailable without a clock."""
    step = Step(
        key="assess",
        name="Look at every service",
        action="stack.assess",
        idempotent=True,
    )
    now = datetime.fromisoformat(facts.of(_CLOCK)["now"])
    return Plan(
        operation="assess",
        stack=stack.name,
        environment=stack.environment,
        summary=f"ASSESS {stack.environment}/{stack.name}",
        risk=Risk.READ,
        params=params.model_dump(mode="json"),
        stages=((step,),),
        shown=tuple(_backups(stack, facts, now)),
    )


def _backups(stack: Stack, facts: Facts, now: datetime) -> Iterator[Line]:
    """What there is to restore from, should it come to that."""
    known = facts.get(_LIST)
    if known is None:
        if stack.backup is not None:
            yield Line(label="Backups", value="the repository cannot be read")
        return
    good = [each for each in Listing.model_validate(known).backups if each.good]
    for name in stack.datastores:
        yield Line(label=f"Newest backup of {name}", value=_newest(name, good, now))
    if stack.objectives.rto is not None:
        yield Line(label="Objective", value=f"well again within {span(stack.objectives.rto)}")


def _newest(name: str, good: Sequence[Summary], now: datetime) -> str:
    ages: list[timedelta] = [now - each.made_at for each in good if name in each.stores]
    return f"{span(min(ages))} old" if ages else "there is none"


ASSESS = Playbook(operation="assess", params=AssessParams, needs=needs, plan=plan)
"""The playbook `assess`."""
