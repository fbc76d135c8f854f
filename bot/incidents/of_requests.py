"""What is asked for, voted on and run, as it is written into timelines."""

from datetime import datetime

from bot.incidents.record import Happened
from bot.store.journal import Entry
from playbooks.model.base import JsonObject
from playbooks.model.request import Request
from playbooks.respond.timeline import Lane

CHANGES = frozenset({"deploy", "update", "migrate", "bluegreen", "rollback", "set", "rotate"})
"""Operations that bring something new: what somebody looks for first when things break."""
_SAID = {
    "request.asked": "asks for",
    "vote.approve": "approves",
    "vote.deny": "denies",
    "request.denied": "is denied:",
    "request.expired": "has expired:",
    "request.cancelled": "withdraws",
    "run.started": "Begins:",
    "run.succeeded": "Succeeded:",
    "run.failed": "Failed:",
    "run.undone": "Undone:",
    "run.cancelled": "Cancelled:",
    "run.void": "Void:",
    "run.uncertain": "Waits for a person:",
    "run.retry": "says: retry,",
    "run.accept": "says: accept,",
    "run.abort": "says: abort,",
    "run.cancel-requested": "asks to stop",
    "evidence.kept": "has evidence kept:",
}
_ENGINE = frozenset({"engine", "policy"})


def of_audit(
    kind: str, actor: str, request: Request, at: datetime, detail: JsonObject
) -> Happened | None:
    """What an entry of the audit about a request says; None for what nobody would look for."""
    said = _SAID.get(kind)
    if said is None:
        return None
    subject, _, what = kind.partition(".")
    why = detail.get("outcome") or detail.get("why") or ""
    whom = "" if actor in _ENGINE else actor
    key = f"{subject}:{request.id}:{what}:{actor if subject == 'vote' else ''}".rstrip(":")
    if subject == "run" and what in {"uncertain", "retry", "accept", "abort"}:
        key = f"{key}:{detail.get('step', '')}:{at.isoformat()}"
    return Happened(
        stack=request.plan.stack,
        key=key,
        at=at,
        lane=_lane(subject, request),
        kind=_kind(kind, what, request),
        text=" ".join(
            part for part in (whom, said, f"{request.plan.summary} ({request.id})") if part
        )
        + (f": {why}" if why else ""),
        by=whom,
        detail={"request": request.id, "operation": request.plan.operation, **_only(request)},
    )


def of_step(request: Request, entry: Entry) -> Happened | None:
    """How a step of a run ended."""
    if entry.kind not in {"output", "failed"} or entry.phase == "run":
        return None
    names = {step.key: step.name for stage in request.plan.stages for step in stage}
    names |= {owed.key: owed.name for owed in request.plan.owed}
    undone = "Undone" if entry.phase == "undo" else "Done"
    ending = undone if entry.kind == "output" else "Failed"
    why = str(entry.body.get("why", "")) if entry.kind == "failed" else ""
    return Happened(
        stack=request.plan.stack,
        key=f"run:{request.id}:{entry.phase}:{entry.step}:{entry.attempt}:{entry.kind}",
        at=entry.at,
        lane=Lane.RUN,
        kind="step",
        text=f"{ending}: {names.get(entry.step, entry.step)} ({request.id})"
        + (f": {why}" if why else ""),
        detail={"request": request.id, "step": entry.step, **_only(request)},
    )


def _only(request: Request) -> JsonObject:
    """What is done for one incident, which may be private, is written into no other."""
    return {"incident": request.incident} if request.incident else {}


def _lane(subject: str, request: Request) -> Lane:
    if subject == "vote":
        return Lane.PEOPLE
    if subject == "request":
        return Lane.COMMAND
    return Lane.CHANGE if request.plan.operation in CHANGES else Lane.RUN


def _kind(kind: str, what: str, request: Request) -> str:
    if kind == "run.succeeded" and request.plan.operation in CHANGES:
        return "deploy"
    return {"approve": "approved", "deny": "denied"}.get(what, what)
