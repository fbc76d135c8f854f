"""How far the breach of a stack has come: what of it is done, kept, and still to do."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from commands.lookup import may_know
from commands.ports import Call, Context, Dossier
from commands.respond.breach_words import BreachWords
from playbooks.errors import Refused
from playbooks.model.breach import Custody
from playbooks.model.request import RunState
from playbooks.model.stack import Stack
from playbooks.operations.breach import parts as steps
from playbooks.respond.incident import Incident, IncidentState

KIND = "data-breach"
"""What the phases of such an incident are called in stack files."""

ORDER: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "isolate": (steps.ISOLATE,),
        "preserve": (steps.PRESERVE,),
        "contain": ("rotate", steps.REVOKE),
        "eradicate": (steps.ERADICATE,),
        "recover": ("restore", "recover"),
        "review": (steps.REVIEW,),
    }
)
"""The steps, and which operations are one."""

_LIVE = (IncidentState.OPEN, IncidentState.MITIGATED, IncidentState.RESOLVED)
_LOOK_BACK = 200


def breach_of(context: Context, stack: Stack) -> Incident | None:
    found = context.incidents.list(_LIVE, stack.name)
    return next((each for each in found if each.kind == KIND), None)


def breach_known_to(context: Context, call: Call, stack: Stack) -> Incident:
    """The open breach, where this person may know of it."""
    incident = breach_of(context, stack)
    if incident is None or not may_know(context, call, incident):
        raise Refused(
            f"No breach of {stack.name} is open that you were asked into.",
            f"`/ops breach {stack.name} open` opens one.",
        )
    return incident


def succeeded(
    context: Context, stack: Stack, incident: Incident, operations: Sequence[str]
) -> list[Dossier]:
    """What succeeded since it was opened, the newest first; not what was for other incidents."""
    found = context.history.dossiers(stack.name, limit=_LOOK_BACK, operations=operations)
    return [
        each
        for each in found
        if each.run is not None
        and each.run.state is RunState.SUCCEEDED
        and each.request.asked_at >= incident.opened_at
        and each.request.incident in {"", incident.id}
    ]


def custody(context: Context, stack: Stack, incident: Incident) -> list[Custody]:
    """All evidence of the incident, as the audit has it."""
    found = context.history.audit(stack.name, limit=_LOOK_BACK)
    kept = [each.detail["custody"] for each in found if each.kind == "evidence.kept"]
    custody = [Custody.model_validate(each) for each in kept]
    return [each for each in custody if each.incident == incident.id]


def out_of_order(context: Context, stack: Stack, incident: Incident, what: str) -> tuple[str, ...]:
    """Steps that come before and were not done, said and not forbidden."""
    if what not in ORDER:
        return ()
    earlier = list(ORDER)[: list(ORDER).index(what)]
    missing = [step for step in earlier if not succeeded(context, stack, incident, ORDER[step])]
    if not missing:
        return ()
    lost = " Evidence may be lost for good." if "preserve" in missing and what != "review" else ""
    return (f"Out of order: {', '.join(missing)} come first and were not done.{lost}",)


def networks_back(
    context: Context, stack: Stack, incident: Incident, params: BreachWords
) -> tuple[str, ...]:
    """A new value reaches services by new containers, which nobody took off their networks."""
    if not params.secret:
        return ()
    cut = dict.fromkeys(
        service
        for dossier in succeeded(context, stack, incident, (steps.ISOLATE,))
        for service in dossier.request.plan.params["services"]
    )
    again = f"`/ops breach {stack.name} isolate {' '.join(cut) or 'SERVICE'}`"
    which = f": {', '.join(cut)}, isolated before, may be reached again" if cut else ""
    return (
        "Services that use it are made anew and get all their networks back"
        f"{which}. Isolate again afterwards where that matters: {again}.",
    )
