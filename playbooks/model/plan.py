"""A plan: an operation as data, to be shown, approved, digested, journaled and carried out."""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import model_validator

from playbooks.model.base import JsonObject, Model, digest_of
from playbooks.model.facts import FactQuery


class Risk(StrEnum):
    """READ interrupts and changes nothing, CHANGE does, DESTROY can lose data or a service."""

    READ = "READ"
    CHANGE = "CHANGE"
    DESTROY = "DESTROY"


class ActionCall(Model):
    """One registered action and its arguments.

    Arguments are JSON. Secrets appear as references only. Two kinds of value are filled in when
    the step begins, and only then:
    - text may hold the placeholders `{run}` (the run's short id, the same for the whole run) and
      `{started}` (when the run began, UTC, `20261122-010203`);
    - `{"$from": "KEY.field"}` is the field of the output of the finished step KEY,
      `{"$from": "KEY"}` all of its output.
    """

    action: str
    args: JsonObject = {}


class Step(Model):
    """One act of a plan.

    `undo` must bear being called when the step did nothing or only half of its work.
    `probe` reads what really happened; see `playbooks.actions.Probe`.
    An `idempotent` step may be repeated after a crash without asking. `unbound` names arguments
    that may have another value when the plan is made again, without making it another plan.
    """

    key: str
    name: str
    action: str
    args: JsonObject = {}
    undo: ActionCall | None = None
    probe: ActionCall | None = None
    idempotent: bool = False
    unbound: tuple[str, ...] = ()

    @property
    def bound(self) -> JsonObject:
        """What is approved of it, as JSON."""
        shown = self.model_dump(mode="json", exclude={"unbound"})
        args = {key: value for key, value in shown["args"].items() if key not in self.unbound}
        return {**shown, "args": args}

    @property
    def call(self) -> ActionCall:
        return ActionCall(action=self.action, args=self.args)


class Owed(Model):
    """What must be put back in every ending once stage `since` has begun.

    `settled_by` is the key of the step that puts it back when all goes well. `precondition` is a
    probe: only when it answers "done" is it safe to pay.
    """

    key: str
    name: str
    call: ActionCall
    since: int
    settled_by: str | None = None
    precondition: ActionCall | None = None


class Resource(Model):
    """What a plan holds while it runs: `stack:harbor`, `datastore:harbor/postgres`."""

    kind: Literal["stack", "service", "datastore", "maintenance"]
    name: str
    exclusive: bool = False

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.name}"


class Guard(Model):
    """A condition read again before the first effect: `at_least <= fact[field]`."""

    name: str
    query: FactQuery
    field: str
    at_least: int


class Source(Model):
    """A backup whose data a plan brings into a datastore, and when a restore of that very backup
    was last rehearsed with success."""

    datastore: str
    backup: str
    drilled_at: datetime | None = None


class Line(Model):
    """A labelled fact as people read it: `Backup`, `20261122-0100-k3f9, 3 h 12 min old`."""

    label: str
    value: str


class Resort(Model):
    """What is left to try when an operation does not help: a subcommand, and a sentence on it."""

    subcommand: str
    says: str


class Afterwards(Model):
    """What happens by itself, without another approval, `seconds` after the plan has succeeded.
    `params` may name the run that carries the plan out as `{run}`."""

    operation: str
    params: JsonObject
    seconds: float


class Plan(Model):
    """The whole operation. See the glossary for its words.

    `summary` is the card's first line without counts of votes, fit for a lock screen.
    `point_of_no_return` is the index of the stage that, once finished, the run never takes back
    by itself: a failure after it goes forward or asks. None: everything can be undone.
    `affects`, `loses`, `keeps` and `notes` are sentences for people. `shown` are facts for people.
    `binding` are the facts whose change makes the plan void.
    `sources` are the backups that it brings in.
    `undo_hint` is the subcommand that takes the finished operation back, or empty; it and the
    sentences name the run that carries the plan out as `{run}`. `within_seconds` is how long it may
    take by the stack's objectives, counted from when it was asked for. `resort` is offered when it
    fails, or finds that not all is well. `checklist` is what people confirm before it: whoever
    approves it, or whoever asks where no approval is needed.
    """

    operation: str
    stack: str
    environment: str
    summary: str
    risk: Risk
    params: JsonObject
    stages: tuple[tuple[Step, ...], ...] = ()
    point_of_no_return: int | None = None
    owed: tuple[Owed, ...] = ()
    resources: tuple[Resource, ...] = ()
    guards: tuple[Guard, ...] = ()
    affects: tuple[str, ...] = ()
    loses: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    binding: JsonObject = {}
    shown: tuple[Line, ...] = ()
    undo_hint: str = ""
    sources: tuple[Source, ...] = ()
    within_seconds: float | None = None
    resort: Resort | None = None
    checklist: tuple[str, ...] = ()
    afterwards: Afterwards | None = None

    @model_validator(mode="after")
    def _keys_are_unique(self) -> "Plan":
        keys = [step.key for stage in self.stages for step in stage]
        if len(keys) != len(set(keys)):
            raise ValueError(f"steps of a plan need distinct keys, got {keys}")
        return self

    @property
    def steps(self) -> tuple[Step, ...]:
        return tuple(step for stage in self.stages for step in stage)

    @property
    def nothing_to_do(self) -> bool:
        return not self.stages

    def digest(self, policy_version: str) -> str:
        """Identifies what was approved: the acts and the facts they rest on, no quantities."""
        return digest_of(
            {
                "operation": self.operation,
                "stack": self.stack,
                "environment": self.environment,
                "risk": self.risk,
                "params": self.params,
                "stages": [[step.bound for step in stage] for stage in self.stages],
                "point_of_no_return": self.point_of_no_return,
                "owed": [o.model_dump(mode="json") for o in self.owed],
                "resources": [r.model_dump(mode="json") for r in self.resources],
                "binding": self.binding,
                "policy": policy_version,
                **({"checklist": list(self.checklist)} if self.checklist else {}),
                **(
                    {"afterwards": self.afterwards.model_dump(mode="json")}
                    if self.afterwards
                    else {}
                ),
            }
        )
