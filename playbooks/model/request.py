"""Requests, votes and runs."""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from playbooks.model.base import JsonObject, Model
from playbooks.model.plan import Plan


class RequestState(StrEnum):
    """Where a request stands. APPROVED means claimed: a run exists."""

    PENDING = "pending"
    APPROVED = "approved"
    DENIED = "denied"
    EXPIRED = "expired"
    VOID = "void"
    CANCELLED = "cancelled"


class RunState(StrEnum):
    """Where a run stands."""

    QUEUED = "queued"
    RUNNING = "running"
    UNCERTAIN = "uncertain"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNDONE = "undone"
    CANCELLED = "cancelled"
    VOID = "void"

    @property
    def ended(self) -> bool:
        return self not in {RunState.QUEUED, RunState.RUNNING, RunState.UNCERTAIN}


class Vote(Model):
    """One person's decision on one digest."""

    person: str
    slack: str
    decision: Literal["approve", "deny"]
    digest: str
    at: datetime


class Request(Model):
    """Somebody asked for a plan to run. Its `id` is also the id of its run.

    `typed` is what the person typed; `origin` says what typed it. `needed` approvals are fixed
    when the request is made, from the policy of that moment. `approver_people`, when not empty,
    pins who may approve by our own names. `for_incident` is the incident in whose course it was
    asked for.
    """

    id: str
    plan: Plan
    digest: str
    policy_version: str
    requester: str
    requester_slack: str
    channel: str
    typed: str
    origin: Literal["slack", "schedule", "api", "shell", "button"] = "slack"
    state: RequestState = RequestState.PENDING
    needed: int = 0
    approver_roles: frozenset[str] = frozenset()
    approver_people: frozenset[str] = frozenset()
    asked_at: datetime
    expires_at: datetime
    run_within_seconds: int
    supersedes: str | None = None
    superseded_by: str | None = None
    closed_at: datetime | None = None
    closed_by: str | None = None
    reason: str = ""
    for_incident: str = ""

    @property
    def incident(self) -> str:
        """The incident that it belongs to, which may be private; empty for most requests."""
        return self.for_incident or str(self.plan.params.get("incident") or "")


class Verdict(Model):
    """What the votes amount to. `approvals` counts distinct people who count."""

    state: RequestState
    approvals: int
    needed: int


class StepRecord(Model):
    """What the journal knows of one step: its newest attempt.

    `phase` is "do", "undo" or "owed". `progress` is the newest report while it runs.
    """

    key: str
    name: str
    stage: int
    phase: Literal["do", "undo", "owed"]
    state: Literal["waiting", "running", "done", "failed", "uncertain", "skipped", "undone"]
    attempt: int = 1
    started_at: datetime | None = None
    ended_at: datetime | None = None
    output: JsonObject = {}
    error: str = ""


class Progress(Model):
    """How far a step is. `total` may be unknown. Units: bytes unless `unit` says otherwise."""

    key: str
    done: int
    total: int | None = None
    unit: str = "bytes"
    note: str = ""


class TakenBack(Model):
    """What was done has been undone by another run, whose request `person` made."""

    run: str
    person: str
    slack: str
    at: datetime


class Run(Model):
    """A plan being carried out. `outcome` is one sentence for people, set at the end."""

    id: str
    state: RunState
    attempt: int = 1
    queued_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: str = ""
    waiting_for: str = ""
    uncertain_step: str | None = None
    cancel_requested_by: str | None = None
    steps: tuple[StepRecord, ...] = ()
    progress: tuple[Progress, ...] = ()
