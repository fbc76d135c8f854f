"""A plan as a runbook on paper, for the day when bot and Slack are dead.

Commands stand at the margin, so that they can be copied as they are, whatever a name holds.
"""

import re
from collections.abc import Callable, Sequence
from datetime import datetime

from notifiers.views import text
from notifiers.views.values import shown_args, spoken
from playbooks.byhand.shell import opening
from playbooks.model.plan import ActionCall, Plan, Step

Describe = Callable[[ActionCall], Sequence[str]]
_TICKS = re.compile(r"`+")
_HOW = (
    "In one bash, on the host of the stack, kept open for all of this; stop at the first command "
    "that fails. Secrets are read from where the stack file says they are."
)


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
        *_opening(plan, made_at, describe),
        *_stages(plan, describe),
        *_put_back(plan, describe),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _list(title: str, items: Sequence[str]) -> str:
    return "\n".join([f"## {title}", "", *(f"- {item}" for item in items)]) if items else ""


def _opening(plan: Plan, made_at: datetime, describe: Describe) -> list[str]:
    if not any(describe(step.call) for step in plan.steps):
        return []
    return ["## Begin", _HOW, _fenced(opening(made_at))]


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
    parts = [f"- [ ] **{step.name}**", *_call("Do", step.call, describe)]
    if step.probe:
        parts += _call("Check what happened", step.probe, describe)
    if step.undo:
        parts += _call("Undo, only to take it back", step.undo, describe)
    return "\n\n".join(parts)


def _call(title: str, call: ActionCall, describe: Describe) -> list[str]:
    said = [f"{title}: `{call.action}` {shown_args(call.args)}".rstrip()]
    described = describe(call)
    return [*said, _fenced(described)] if described else said


def _fenced(lines: Sequence[str]) -> str:
    """In a fence longer than any that the lines hold."""
    text = "\n".join(lines)
    fence = "`" * max(3, 1 + max((len(ticks) for ticks in _TICKS.findall(text)), default=0))
    return f"{fence}sh\n{text}\n{fence}"


def _put_back(plan: Plan, describe: Describe) -> list[str]:
    if not plan.owed:
        return []
    parts = ["## Put back, however it ends"]
    for owed in plan.owed:
        parts.append(f"- [ ] **{owed.name}** (from stage {owed.since + 1} on)")
        if owed.precondition:
            parts += _call("Only if", owed.precondition, describe)
        parts += _call("Put back", owed.call, describe)
    return parts
