"""The whole of a plan or a request: nothing is shortened without saying where the rest is."""

from collections.abc import Iterable

from notifiers.ports import Body
from notifiers.views import blocks, limits, text
from notifiers.views.card import RISKS, bullets, undo_hint
from notifiers.views.outcome import first_line, outcome_line, over, taken_back_line, why
from notifiers.views.state import CardState
from notifiers.views.steps import EVERYTHING, step_lines
from notifiers.views.values import RUN_NOT_KNOWN, shown_args, shown_value, spoken
from playbooks.model.base import JsonObject
from playbooks.model.plan import ActionCall, Afterwards, Guard, Owed, Plan, Resource, Step


def details(state: CardState) -> JsonObject:
    """A modal with the whole plan and how far it is. What does not fit says where it is."""
    body = [*_request_blocks(state), *plan_blocks(state.request.plan, state.request.id)]
    where = f"in full: `/ops run {text.escape(state.request.id)}`"
    return {
        "type": "modal",
        "title": blocks.plain(f"Request {state.request.id}"[: limits.MODAL_TITLE]),
        "close": blocks.plain("Close"),
        "private_metadata": state.request.id,
        "blocks": _first(body, where),
    }


def details_pages(state: CardState) -> list[Body]:
    """The same as messages, as many as it takes: for `run ID` and for threads."""
    line = first_line(state)
    body = [*_request_blocks(state), *plan_blocks(state.request.plan, state.request.id)]
    return blocks.pages(text.clip(line, limits.TEXT), body)


def plan_pages(plan: Plan, needed: int | None, estimate_seconds: float | None) -> list[Body]:
    """A plan that nobody asked to run. `needed` approvals as policy says right now."""
    approvals = "" if needed is None else "None needed" if needed == 0 else f"{needed} needed"
    takes = "" if estimate_seconds is None else f"about {text.duration(estimate_seconds)}"
    body = [
        *blocks.headline(f"PLAN ONLY: {plan.summary}"),
        *blocks.fields([("Risk", RISKS[plan.risk]), ("Approvals", approvals), ("Takes", takes)]),
        *plan_blocks(plan),
        *blocks.context("Nothing was asked for and nothing was changed."),
    ]
    return blocks.pages(text.clip(f"PLAN ONLY: {plan.summary}", limits.TEXT), body)


def plan_blocks(plan: Plan, run: str = RUN_NOT_KNOWN) -> list[JsonObject]:
    """Every part of a plan, in words. `run` is the id that its sentences name."""
    plan = spoken(plan, run)
    way_back = tuple(filter(None, (undo_hint(plan),)))
    keeps, notes = ((*plan.keeps, *way_back), ()) if plan.keeps else ((), way_back)
    facts = [(text.clip(line.label, 100), text.clip(line.value, 1500)) for line in plan.shown]
    lists = [
        bullets("Loses", plan.loses, EVERYTHING),
        bullets("Affects", plan.affects, EVERYTHING),
        bullets("Keeps", keeps, EVERYTHING),
        bullets("To confirm before", plan.checklist, EVERYTHING),
        bullets("Good to know", (*plan.notes, *notes), EVERYTHING),
    ]
    rules = [
        bullets("Checked again before it starts", [_guard(g) for g in plan.guards], EVERYTHING),
        bullets("Put back in every ending", [_owed(o) for o in plan.owed], EVERYTHING),
        bullets(
            "Follows by itself", [_later(plan.afterwards)] if plan.afterwards else [], EVERYTHING
        ),
        bullets("Held while it runs", [_resource(r) for r in plan.resources], EVERYTHING),
    ]
    return [
        *blocks.fields(facts),
        *_paragraphs(lists),
        *_step_blocks(plan),
        *blocks.context("Steps that do not say so are never repeated without asking."),
        *_paragraphs(rules),
        *_binding(plan),
    ]


def _request_blocks(state: CardState) -> list[JsonObject]:
    request = state.request
    said = blocks.headline(first_line(state))
    if over(state):
        ending = (outcome_line(state), why(state), taken_back_line(state))
        said += blocks.sections("\n".join(line for line in ending if line))
    if state.run is not None:
        lines = step_lines(request.plan, state.run, state.now, EVERYTHING, "")
        said += [*blocks.sections("\n".join(["*Run*", *lines])), blocks.divider()]
    said += blocks.context(
        f"Digest {text.code(request.digest)}", f"Policy {text.code(request.policy_version)}"
    )
    return said


def _paragraphs(parts: Iterable[str]) -> list[JsonObject]:
    return [block for part in parts if part for block in blocks.sections(part)]


def _step_blocks(plan: Plan) -> list[JsonObject]:
    said: list[JsonObject] = []
    for index, stage in enumerate(plan.stages):
        together = ", at the same time" if len(stage) > 1 else ""
        lines = [f"*Stage {index + 1} of {len(plan.stages)}*{together}"]
        lines += [line for step in stage for line in _step(step)]
        if index == plan.point_of_no_return:
            lines.append("_Point of no return: after this it only goes forward._")
        said += blocks.sections("\n".join(lines))
    return said


def _step(step: Step) -> list[str]:
    repeat = "may be repeated after a crash" if step.idempotent else ""
    lines = [text.joined([f"• *{text.clip(step.name, 300)}*", _call(step.call), repeat])]
    if step.undo:
        lines.append(f"      ◦ undo {_call(step.undo)}")
    if step.probe:
        lines.append(f"      ◦ asks what happened with {_call(step.probe)}")
    return lines


def _call(call: ActionCall) -> str:
    return text.code(f"{call.action} {shown_args(call.args)}".strip(), 1200)


def _later(follows: Afterwards) -> str:
    return f"{follows.operation}, {text.duration(follows.seconds)} after this has succeeded"


def _guard(guard: Guard) -> str:
    floor = text.size(guard.at_least) if "byte" in guard.field else text.count(guard.at_least)
    return f"{guard.name} ({guard.query.fact} {guard.field}, at least {floor})"


def _owed(owed: Owed) -> str:
    unless = " if that is safe" if owed.precondition else ""
    return f"{owed.name}{unless}, from stage {owed.since + 1} on"


def _resource(resource: Resource) -> str:
    return f"{resource.kind} {resource.name}, {'alone' if resource.exclusive else 'shared'}"


def _binding(plan: Plan) -> list[JsonObject]:
    """The facts whose change makes the plan void."""
    if not plan.binding:
        return []
    lines = [f"{name}: {shown_value(value)}" for name, value in sorted(plan.binding.items())]
    return [
        *blocks.sections("*Void if any of this changes before it starts*"),
        *blocks.code("\n".join(lines)),
    ]


def _first(body: list[JsonObject], where: str) -> list[JsonObject]:
    """As many blocks as a modal takes, with a line for those it does not."""
    kept: list[JsonObject] = []
    for block in body:
        full = len(kept) >= limits.MODAL_BLOCKS - 1
        if full or blocks.length([*kept, block]) > limits.MODAL_CHARACTERS:
            return [*kept, *blocks.rest(len(body) - len(kept), where)]
        kept.append(block)
    return kept
