"""Where a run can be killed, read from its plan."""

from collections.abc import Sequence

from playbooks.model.plan import Plan

PLACES = ("before", "in", "effect", "after")
# The others are one act, with nothing in it that looks around.
LOOK_AROUND = {
    "repository.fetch",
    "repository.publish",
    "postgres.dump",
    "postgres.load_side",
    "postgres.verify_side",
    "files.dump",
    "files.extract",
    "files.compare",
}


def forward(plan: Plan, place: str, which: int = 0) -> Sequence[str]:
    """One point a stage, in their order; `which` step where several run at the same time: when
    one of them is killed, the others may be done already."""
    steps = [stage[which % len(stage)] for stage in plan.stages]
    return [
        f"step:{step.key}:{place}" for step in steps if place != "in" or step.action in LOOK_AROUND
    ]


def back(plan: Plan, place: str, since: str) -> Sequence[str]:
    """What is undone when the step `since` fails, and what is owed then."""
    assert place != "in", "no undo looks around"
    keys = [step.key for step in plan.steps]
    begun = set(keys[: keys.index(since) + 1])
    stage = next(i for i, s in enumerate(plan.stages) if any(step.key == since for step in s))
    undone = [
        f"undo:{step.key}:{place}"
        for steps in reversed(plan.stages)
        for step in reversed(steps)
        if step.undo is not None and step.key in begun
    ]
    return undone + [f"owed:{owed.key}:{place}" for owed in plan.owed if owed.since <= stage]
