"""`plan SUBCOMMAND …`: what would be done, without asking for it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any

from commands.catalogue import ACTING
from commands.grammar import Option, Word
from commands.language import quoted
from commands.names import found
from commands.paging import Paged, numbered
from commands.ports import Attachment, Call, Context, Reply
from commands.reading import read_params
from commands.subcommand import Room, Subcommand
from notifiers.ports import Body
from notifiers.views import blocks
from notifiers.views.details import plan_pages
from notifiers.views.paper import paper
from notifiers.views.text import escape
from playbooks.byhand.known import Known
from playbooks.errors import UnknownName
from playbooks.model.facts import FactQuery
from playbooks.model.plan import Plan
from playbooks.repository.manifest import BACKUP_ID, Manifest


class PlanParams(Paged):
    """What to plan, as it would be typed, and how to show it."""

    words: Annotated[
        tuple[str, ...],
        Word("SUBCOMMAND", "a subcommand as you would type it", rest=True, anything=True),
    ] = ()
    paper: Annotated[bool, Option("as a runbook in a file, for a day without bot and Slack")] = (
        False
    )


def _plan(context: Context, call: Call, params: PlanParams) -> Reply:
    name, *words = params.words or ("",)
    subcommand = found(_PLANNED, name, "subcommand that makes a plan")
    inner = read_params(subcommand, words)
    assert subcommand.operation is not None
    plan = subcommand.operation.plan(context, call, inner, "read")
    if params.paper:
        return _on_paper(context, plan)
    parts = plan_pages(plan, _needed(context, plan), None)
    return Reply(body=numbered(parts, params.page, f"plan {quoted(params.words)}"))


def _needed(context: Context, plan: Plan) -> int | None:
    """None where no rule of the policy lets it run at all."""
    try:
        return context.history.approvals_needed(plan)
    except UnknownName:
        return None


def _on_paper(context: Context, plan: Plan) -> Reply:
    known = _known(context, plan)
    runbook = paper(plan, context.now(), lambda call: context.by_hand(known, call))
    text = f"Runbook: {plan.summary}"
    name = f"{plan.operation}-{plan.stack}-{context.now():%Y%m%d-%H%M}.md"
    said = f"*{escape(text)}*\nIn the file {escape(name)}. Nothing was asked for."
    return Reply(
        body=Body(text=text, blocks=tuple(blocks.sections(said))),
        file=Attachment(name=name, title=text, content=runbook.encode()),
    )


def _known(context: Context, plan: Plan) -> Known:
    """The plan's facts, and the manifests of the backups that its steps name."""
    stack = context.stacks[plan.stack]
    named = {str(step.args.get("backup", "")) for step in plan.steps}
    queries = {
        backup: FactQuery(fact="repository.backup", args={"backup": backup})
        for backup in sorted(named)
        if BACKUP_ID.match(backup)
    }
    facts = context.facts.read(stack, tuple(queries.values()))
    manifests = {
        backup: Manifest.model_validate(facts.of(query)["manifest"])
        for backup, query in queries.items()
    }
    return Known(stack=stack, binding=plan.binding, manifests=manifests)


_PLANNED: Mapping[str, Subcommand[Any]] = MappingProxyType(
    {name: each for name, each in ACTING.items() if each.operation is not None}
)
PLAN = Subcommand(
    name="plan",
    room=Room.GOVERN,
    summary="what a subcommand would do, without asking for it",
    examples=("plan restore harbor postgres latest", "plan stop harbor api --paper"),
    permission="read",
    params=PlanParams,
    handle=_plan,
    notes=(f"Plans can be made of: {', '.join(f'`{name}`' for name in _PLANNED)}.",),
)
