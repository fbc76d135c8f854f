"""From what is measured to alerts: the table of tests/cases/conditions.yaml, and what it leaves."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from playbooks.model.thresholds import Threshold
from playbooks.respond.conditions import Held, Judged, Reading, Rule, alert_of, judged, rule_of

CASES = yaml.safe_load((Path(__file__).parents[2] / "cases/conditions.yaml").read_text())
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
_DISK = rule_of("disk", Threshold(measure="disk_free_percent", limit=15))
_DOWN = rule_of("down", Threshold(measure="down", severity="critical"))


def readings(rule: Rule, value: object) -> dict[str, list[Reading]]:
    """What a look gives: nothing, nothing of the subject, or its value."""
    if value == "none":
        return {}
    if value == "gone":
        return {rule.name: []}
    number = float(str(value))
    return {rule.name: [Reading(subject="it", value=number, said=f"{number:g}")]}


def said(found: Judged) -> str:
    words = [("fired", found.fired), ("told", found.told_again), ("resolved", found.resolved)]
    return " ".join(word for word, those in words if those)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_table(case: dict[str, Any]) -> None:
    """Each look says exactly what the table has for it."""
    rule = rule_of("rule", Threshold.model_validate(case["threshold"]))
    held: dict[tuple[str, str], Held] = {}
    for seconds, value, expected in case["looks"]:
        found = judged([rule], held, readings(rule, value), NOW + timedelta(seconds=seconds))
        assert said(found) == expected, f"at {seconds} s"
        held = dict(found.held)


def test_an_alert_says_when_it_began_and_not_when_it_had_lasted() -> None:
    """`since` of what fires and of what is over is the first moment at which it was wrong."""
    rule = rule_of("busy", Threshold(measure="database_cpu_percent", limit=80, lasting="5m"))
    first = judged([rule], {}, readings(rule, 90), NOW)
    fired = judged([rule], first.held, readings(rule, 90), NOW + timedelta(minutes=6))
    alert = alert_of(fired.fired[0], "harbor", firing=True, now=NOW + timedelta(minutes=6))
    assert (alert.since, alert.ended, alert.stack) == (NOW, None, "harbor")
    assert alert.labels["measure"] == "database_cpu_percent"
    calm = judged([rule], fired.held, readings(rule, 1), NOW + timedelta(minutes=7))
    over = judged([rule], calm.held, readings(rule, 1), NOW + timedelta(minutes=13))
    ended = alert_of(over.resolved[0], "harbor", firing=False, now=NOW + timedelta(minutes=13))
    assert (ended.since, ended.ended) == (NOW, NOW + timedelta(minutes=13))
    assert ended.fingerprint == alert.fingerprint


def test_what_is_known_to_have_begun_earlier_counts_from_there() -> None:
    """A service that is down for two minutes already fires at the first look."""
    rule = rule_of("down", Threshold(measure="down", lasting="1m"))
    down = Reading(subject="api", since=NOW - timedelta(minutes=2))
    found = judged([rule], {}, {"down": [down]}, NOW)
    assert found.fired[0].since == NOW - timedelta(minutes=2)


def test_a_rule_that_is_gone_ends_what_fires_by_it() -> None:
    """A threshold that was taken out of the stack file leaves nothing firing behind."""
    fired = judged([_DOWN], {}, readings(_DOWN, 1), NOW)
    found = judged([_DISK], fired.held, {}, NOW + timedelta(minutes=1))
    assert said(found) == "resolved" and not found.held


def test_subjects_are_told_apart() -> None:
    """One mount that fills up says nothing of the other."""
    both = {"disk": [Reading(subject="/", value=5), Reading(subject="/data", value=50)]}
    first = judged([_DISK], {}, both, NOW)
    found = judged([_DISK], first.held, both, NOW + timedelta(minutes=1))
    assert [each.reading.subject for each in found.fired] == ["/"]


_VALUES = st.lists(
    st.one_of(st.floats(0, 100), st.sampled_from(["none", "gone"])), min_size=1, max_size=60
)


@given(_VALUES, st.integers(1, 400))
def test_fired_and_resolved_take_turns(values: list[float | str], step: int) -> None:
    """Whatever is measured: nothing resolves that did not fire, nothing fires twice."""
    held: dict[tuple[str, str], Held] = {}
    firing = False
    for number, value in enumerate(values):
        now = NOW + timedelta(seconds=number * step)
        found = judged([_DISK], held, readings(_DISK, value), now)
        assert len(found.fired) + len(found.resolved) <= 1
        assert not (found.fired and firing) and not (found.resolved and not firing)
        firing = (firing or bool(found.fired)) and not found.resolved
        held = dict(found.held)
        assert any(each.firing for each in held.values()) is firing
