"""A plan as a runbook on paper, for the day when bot and Slack are dead."""

from collections.abc import Callable, Sequence
from datetime import datetime

from notifiers.views import text
from notifiers.views.values import shown_args, spoken
from playbooks.model.plan import ActionCall, Plan, Step

Describe = Callable[[ActionCall], Sequence[str]]


def no_description(_call: ActionCall) -> Sequence[str]:
    """For actions that offer no shell commands or SQL."""
    return ()


def paper(plan: Plan, made_at: datetime, describe: Describe = no_description) -> str:
    """Markdown. `describe` gives the lines of shell or SQL that do what an action does."""
    plan = spoken(plan)
    parts = [
        f"# {plan.summary}",
        f"{plan.operation} of {plan.environment}/{plan.stack}, risk {plan.risk.value}. "
        f"Made {text.utc(made_at)}; a plan goes stale, so check its facts first.",
        _list("Facts", [f"{line.label}: {line.value}" for line in plan.shown]),
        _list("Loses", plan.loses),
        _list("Affects", plan.affects),
        _list("Keeps", plan.keeps),
        _list("Good to know", plan.notes),
        _list(
            "Check first",
            [f"{g.name}: {g.query.fact} {g.field} is at least {g.at_least:,}" for g in plan.guards],
        ),
        *_stages(plan, describe),
        *_put_back(plan, describe),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _list(title: str, items: Sequence[str]) -> str:
    return "\n".join([f"## {title}", "", *(f"- {item}" for item in items)]) if items else ""


def _stages(plan: Plan, describe: Describe) -> list[str]:
    if plan.nothing_to_do:
        return ["## Steps\n\nNothing to do."]
    parts = ["## Steps"]
    for index, stage in enumerate(plan.stages):
        together = " (these may run at the same time)" if len(stage) > 1 else ""
        parts.append(f"### Stage {index + 1} of {len(plan.stages)}{together}")
        parts += [_step(step, describe) for step in stage]
        if index == plan.point_of_no_return:
            parts.append("**Point of no return.** From here on only go forward.")
    return parts


def _step(step: Step, describe: Describe) -> str:
    lines = [f"- [ ] **{step.name}**", *_call("Do", step.call, describe)]
    if step.probe:
        lines += _call("Check what happened", step.probe, describe)
    if step.undo:
        lines += _call("Undo", step.undo, describe)
    return "\n".join(lines)


def _call(title: str, call: ActionCall, describe: Describe) -> list[str]:
    said = [f"  - {title}: `{call.action}` {shown_args(call.args)}".rstrip()]
    described = describe(call)
    if described:
        said += ["", "    ```", *(f"    {line}" for line in described), "    ```"]
    return said


def _put_back(plan: Plan, describe: Describe) -> list[str]:
    if not plan.owed:
        return []
    parts = ["## Put back, however it ends"]
    for owed in plan.owed:
        lines = [f"- [ ] **{owed.name}** (from stage {owed.since + 1} on)"]
        lines += _call("Do", owed.call, describe)
        if owed.precondition:
            lines += _call("Only if", owed.precondition, describe)
        parts.append("\n".join(lines))
    return parts
