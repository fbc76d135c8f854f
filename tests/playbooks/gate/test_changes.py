"""What is said when the plan of now is not the plan that was approved."""

from playbooks.gate.changes import differences, policy_changed
from playbooks.model.plan import Step
from tests.playbooks.gate.cases import plan


def test_equal_plans_differ_in_nothing() -> None:
    """What is only shown to people is no difference."""
    assert differences(plan(), plan(notes=("It is late.",))) == ()


def test_facts_are_told_by_name() -> None:
    """Changed, gone and new facts each make a sentence with the values."""
    old = plan(binding={"service": {"api": "running"}, "checksum": "aa"})
    new = plan(binding={"service": {"api": "stopped"}, "image": "x@1"})
    assert differences(old, new) == (
        "checksum was aa and is gone.",
        "image is new: x@1.",
        "service api was running and is now stopped.",
    )


def test_steps_are_told_by_name() -> None:
    """A step that is new, gone or different is named."""
    old = plan(
        stages=((Step(key="a", name="A", action="x.a"), Step(key="b", name="B", action="x")),)
    )
    new = plan(
        stages=((Step(key="a", name="A", action="x.z"), Step(key="c", name="C", action="x")),)
    )
    assert differences(old, new) == (
        "The step “A” would do something else.",
        "The step “B” is no longer needed.",
        "The step “C” is new.",
    )


def test_every_change_of_the_digest_is_told() -> None:
    """No plan gets another digest without a sentence that says why."""
    changes = [
        {"risk": "CHANGE"},
        {"params": {"x": 1}},
        {"point_of_no_return": 0},
        {"binding": {"x": 1}},
        {"resources": ({"kind": "stack", "name": "harbor"},)},
        {"owed": ({"key": "k", "name": "n", "call": {"action": "a"}, "since": 0},)},
        {"stages": ()},
        {"checklist": ("Look twice",)},
        {"afterwards": {"operation": "retire", "params": {}, "seconds": 60.0}},
    ]
    for change in changes:
        new = plan(**change)
        assert new.digest("v") != plan().digest("v")
        assert differences(plan(), new), change


def test_a_changed_policy_is_told() -> None:
    """The policy's version is part of what was approved."""
    assert policy_changed("a", "a") == ()
    assert "policy" in policy_changed("a", "b")[0]
