"""The policy: which rule fits, who may what, and what is refused when it is read."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from playbooks.gate.access import may, roles_allowing
from playbooks.gate.duration import parse_duration, write_duration
from playbooks.gate.policy import Policy, Rule
from playbooks.model.people import Person
from playbooks.model.plan import Plan, Risk, Source
from tests.playbooks.gate.cases import NOW, POLICY, plan, policy


@pytest.mark.parametrize(
    ("operation", "environment", "risk", "approvals"),
    [
        ("backup", "prod", "READ", 0),
        ("restart", "dev", "CHANGE", 0),
        ("restart", "prod", "CHANGE", 1),
        ("restore", "prod", "DESTROY", 2),
        ("drop", "dev", "DESTROY", 2),
    ],
)
def test_the_first_rule_that_fits_decides(
    operation: str, environment: str, risk: str, approvals: int
) -> None:
    """By environment, risk and operation, in the order of the file."""
    rule = policy().rule_for(plan(operation=operation, environment=environment, risk=Risk(risk)))
    assert rule is not None and rule.approvals == approvals
    assert bool(rule.people) == (operation == "restore")


def test_what_no_rule_allows_has_no_rule() -> None:
    """A policy without rules allows nothing."""
    assert policy(policy=[]).rule_for(plan()) is None


def test_the_version_is_of_the_rules() -> None:
    """Another rule is another version; another person is not."""
    same = policy(people={**POLICY["people"], "gus": {"slack": "U0GUS"}})
    other = policy(policy=POLICY["policy"][1:])
    assert policy().version == same.version != other.version


def test_the_version_does_not_hang_on_the_order_of_names() -> None:
    """A set is a set, in whatever order it was written."""
    turned = [
        {**rule, "from": list(reversed(rule["from"]))} if "from" in rule else rule
        for rule in POLICY["policy"]
    ]
    assert policy(policy=turned).version == policy().version


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"people": {"ana": {"slack": "U1", "roles": ["boss"]}}}, "'boss'"),
        ({"policy": [{"risk": "READ", "approvals": 0, "form": []}]}, "form"),
        ({"policy": [{"risk": "CHANGE", "approvals": 1}]}, "names nobody"),
        ({"policy": [{"risk": "CHANGE", "approvals": 1, "people": ["zoe"]}]}, "'zoe'"),
        ({"people": {"a": {"slack": "U1"}, "b": {"slack": "U1"}}, "policy": []}, "also a's"),
        ({"policy": [{"risk": "READ", "approvals": 0, "expires": "soon"}]}, "'soon'"),
        ({"roles": {"x": {"may": ["fly"]}}, "people": {}, "policy": []}, "fly"),
        ({"oops": 1}, "oops"),
    ],
)
def test_mistakes_are_named(change: dict[str, object], said: str) -> None:
    """A policy that cannot hold is refused, and the message names the value."""
    with pytest.raises(ValidationError, match=said):
        Policy.model_validate({**POLICY, **change})


def test_access_fails_closed() -> None:
    """Nobody, nobody's roles, and roles elsewhere allow nothing."""
    assert not may(policy(), None, "read", "harbor", "prod")
    ghost = Person(name="gus", slack="U0GUS", roles=frozenset({"gone"}))
    assert not may(policy(), ghost, "read", "harbor", "prod")
    fin = policy().person("fin")
    assert may(policy(), fin, "approve", "harbor", "dev")
    assert not may(policy(), fin, "approve", "harbor", "prod")
    assert roles_allowing(policy(), "break_glass", "harbor", "prod") == ("lead",)


def test_a_freeze_holds_between_its_times() -> None:
    """From its start until just before its end, for the risks and stacks it names."""
    freeze = {
        "reason": "the sale",
        "starts": NOW.isoformat(),
        "ends": (NOW + timedelta(hours=1)).isoformat(),
        "stacks": ["harb*"],
    }
    frozen = policy(freezes=[freeze])
    assert frozen.freeze_on(plan(), NOW) is not None
    assert frozen.freeze_on(plan(), NOW + timedelta(hours=1)) is None
    assert frozen.freeze_on(plan(risk=Risk.READ), NOW) is None
    assert frozen.freeze_on(plan(stack="relica"), NOW) is None


@given(st.integers(1, 10_000_000))
def test_spans_are_read_as_they_are_written(seconds: int) -> None:
    """Writing and reading a span gives it back."""
    span = timedelta(seconds=seconds)
    assert parse_duration(write_duration(span)) == span


def _restore_of(drilled_at: datetime | None) -> Plan:
    source = Source(datastore="postgres", backup="20261121-020000-k3f9q2", drilled_at=drilled_at)
    return Plan(
        operation="restore",
        stack="harbor",
        environment="prod",
        summary="RESTORE",
        risk=Risk.DESTROY,
        params={},
        sources=(source,),
    )


def test_a_drill_can_be_demanded_of_what_is_restored() -> None:
    """Never drilled and drilled too long ago are said with the backup's id; a young drill is
    enough, and so is a plan that brings in no backup."""
    now = datetime(2026, 11, 22, 8, tzinfo=UTC)
    rule = Rule.model_validate(
        {"risk": "DESTROY", "approvals": 1, "from": ["approver"], "drilled_within": "30d"}
    )
    assert "20261121-020000-k3f9q2 of postgres was never drilled" in rule.undrilled(
        _restore_of(None), now
    )
    assert "too long ago" in rule.undrilled(_restore_of(now - timedelta(days=31)), now)
    assert rule.undrilled(_restore_of(now - timedelta(days=29)), now) == ""
    assert rule.undrilled(_restore_of(None).model_copy(update={"sources": ()}), now) == ""
    more = rule.model_copy(update={"undrilled_approvals": 3})
    assert more.approvals_for(_restore_of(None), now) == 3
    assert more.approvals_for(_restore_of(now), now) == 1


def test_more_approvals_without_a_drill_need_a_demand_for_one() -> None:
    """The key alone would never be read; the message says what goes with it."""
    with pytest.raises(ValidationError, match="goes with drilled_within"):
        Rule.model_validate(
            {"risk": "READ", "approvals": 0, "undrilled_approvals": 1, "from": ["approver"]}
        )
