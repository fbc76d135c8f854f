"""What subcommands need from the house. Implemented in bot/ and handed over as a `Context`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, Protocol

from notifiers.ports import Body
from playbooks.byhand.known import Known, Lines
from playbooks.errors import InputError, Refused, UnknownName
from playbooks.model.base import JsonObject, Model
from playbooks.model.bundle import Bundle
from playbooks.model.followed import Follow
from playbooks.model.people import Actor, Permission
from playbooks.model.plan import ActionCall, Plan
from playbooks.model.request import Request, RequestState, Run, TakenBack, Vote
from playbooks.model.schedule import Schedule
from playbooks.model.stack import Stack
from playbooks.model.trend import Sample
from playbooks.model.watching import Condition, Latency, WatchedService
from playbooks.ports import FactReader, Maintenances
from playbooks.respond.alert import Group


class Asking(Model):
    """Who asks, where, and what they typed. `origin` as in Request.

    `channel` is a Slack channel id. The same `once` (what was delivered, by Slack's own id) never
    makes a second request: asking again gives the first one back.
    """

    actor: Actor
    channel: str
    typed: str
    origin: Literal["slack", "schedule", "api", "shell", "button"] = "slack"
    once: str | None = None


class Dossier(Model):
    """A request with all that belongs to it. `estimate_seconds` comes from earlier runs;
    `taken_back` says which later run undid what this one did."""

    request: Request
    votes: tuple[Vote, ...] = ()
    run: Run | None = None
    estimate_seconds: float | None = None
    taken_back: TakenBack | None = None


class AuditEntry(Model):
    """One link of the audit's hash chain, as people read it. `kind` like `request.asked`."""

    number: int
    at: datetime
    kind: str
    actor: str
    stack: str
    subject: str
    detail: JsonObject
    hash: str


class Fired(Model):
    """One time that a schedule fired. It made `request`, or `why` says what came in between."""

    at: datetime
    state: Literal["begun", "asked", "skipped", "failed", "said"]
    request: str | None = None
    why: str = ""


class Scheduled(Model):
    """A schedule and how it stands. `paused` says by whom and why; `last` is the newest fire."""

    name: str
    schedule: Schedule
    next_at: datetime
    paused: str = ""
    last: Fired | None = None


class Timetable(Protocol):
    """The schedules of stacks. Whether somebody may change them is asked of `Access` before."""

    def of(self, stack: Stack) -> Sequence[Scheduled]: ...

    def pause(self, stack: Stack, name: str, actor: Actor, reason: str) -> bool:
        """Its fires are skipped from now on; audited and said. False when it was paused already.
        Raises UnknownName."""
        ...

    def resume(self, stack: Stack, name: str, actor: Actor) -> bool:
        """Its next fire comes as planned; audited and said. False when it was not paused.
        Raises UnknownName."""
        ...


class RefusedPayload(Model):
    """Something a source of alerts sent that could not be read; `field` says where."""

    source: str
    at: datetime
    field: str
    what: str


class Alerts(Protocol):
    """Groups of alerts. Whether somebody may change them is asked of `Access` before."""

    def groups(self, stack: str | None = None, *, firing: bool = True) -> Sequence[Group]:
        """Of a stack, or of all; the newest first."""
        ...

    def group(self, key: str) -> Group:
        """Raises UnknownName."""
        ...

    def acknowledge(self, key: str, actor: Actor) -> Group:
        """Audited; the card says who takes care of it. Raises UnknownName."""
        ...

    def silence(self, key: str, actor: Actor, until: datetime) -> Group:
        """Audited; nobody is told of it until then. Raises UnknownName."""
        ...

    def end_silence(self, key: str, actor: Actor) -> Group:
        """Audited. Raises UnknownName."""
        ...

    def refused(self) -> Sequence[RefusedPayload]:
        """What could not be read in the last day, the newest first."""
        ...


class DeployLock(Model):
    """Whoever has it is the only one who deploys on the stack; `reason` says why."""

    stack: str
    person: str
    slack: str
    reason: str
    at: datetime


class DeployLocks(Protocol):
    """One lock a stack. Whether somebody may set it is asked of `Access` before."""

    def of(self, stack: Stack) -> DeployLock | None: ...

    def lock(self, stack: Stack, actor: Actor, reason: str) -> DeployLock:
        """Audited and said. Raises Refused when somebody else has it."""
        ...

    def unlock(self, stack: Stack, actor: Actor) -> DeployLock | None:
        """What it was, or None when there was none. Anybody who may ask may; audited and said."""
        ...


class NoDeployLocks:
    """Where nothing is remembered."""

    def of(self, stack: Stack) -> DeployLock | None:  # noqa: ARG002
        return None

    def lock(self, stack: Stack, actor: Actor, reason: str) -> DeployLock:
        raise InputError(f"{stack.name} cannot be locked by {actor.name} here: {reason}")

    def unlock(self, stack: Stack, actor: Actor) -> DeployLock | None:  # noqa: ARG002
        return None


class Access(Protocol):
    """Who people are and what they may do. Fails closed."""

    def actor(self, slack: str) -> Actor:
        """Who this Slack user id is. A user nobody named is an actor without a person."""
        ...

    def may(self, actor: Actor, permission: Permission, stack: Stack) -> bool: ...

    def require(self, actor: Actor, permission: Permission, stack: Stack) -> None:
        """Raises Refused, saying which role would have it; the refusal is audited."""
        ...

    def grant(self, actor: Actor, permission: Permission, stack: Stack, what: str) -> None:
        """As `require`; that it was granted, and for what, is audited, too."""
        ...


class Gate(Protocol):
    """Plans, requests and votes."""

    def plan(self, operation: str, stack: Stack, params: Model) -> Plan:
        """Reads the facts and makes the plan. Asks nobody, changes nothing."""
        ...

    def ask(self, plan: Plan, asking: Asking) -> Dossier:
        """Requests that the plan runs. With no approval needed it is claimed at once. The card is
        posted by the outbox. Raises Refused (role, freeze)."""
        ...

    def keep(self, plan: Plan, asking: Asking) -> Dossier:
        """As `ask`, for what was approved together with an earlier plan (`Plan.afterwards`): nobody
        approves it again. Raises Refused (freeze)."""
        ...

    def vote(
        self, request: str, digest: str, actor: Actor, decision: Literal["approve", "deny"]
    ) -> Dossier:
        """Raises Refused with the reason for the person: own request, role, twice, expired,
        another digest, already decided. Every refusal is audited."""
        ...

    def cancel(self, request: str, actor: Actor) -> Dossier:
        """Withdraws a pending request, or asks the run to stop at the next safe place."""
        ...

    def settle(
        self, request: str, actor: Actor, decision: Literal["retry", "accept", "abort"]
    ) -> Dossier:
        """Answers what to do with an uncertain step."""
        ...


class History(Protocol):
    """What happened. Newest first; `before` is the id (or number) of the last one seen."""

    def dossier(self, request: str) -> Dossier:
        """Raises UnknownName with what it was likely meant to be."""
        ...

    def dossiers(
        self,
        stack: str | None = None,
        states: Sequence[RequestState] = (),
        limit: int = 20,
        before: str | None = None,
        operations: Sequence[str] = (),
    ) -> Sequence[Dossier]: ...

    def audit(
        self, stack: str | None = None, limit: int = 20, before: int | None = None
    ) -> Sequence[AuditEntry]: ...

    def approvals_needed(self, plan: Plan) -> int:
        """How many approvals policy asks for this plan right now."""
        ...

    def restore_seconds(self, stack: str) -> Mapping[str, float]:
        """How long the newest successful restore of each datastore took."""
        ...


class Uploads(Protocol):
    """Files in Slack."""

    def fetch(self, file: str, folder: Path) -> Path:
        """Brings a file, by its id, into a folder of the bot's host. Raises InputError."""
        ...

    def opening(self, channel: str, thread_ts: str) -> Sequence[str]:
        """The ids of the files in the message that a thread hangs on."""
        ...


class NoUploads:
    """Where there is no Slack to fetch files from."""

    def fetch(self, file: str, folder: Path) -> Path:
        raise InputError(f"{file} cannot be fetched to {folder}: there is no Slack here.")

    def opening(self, channel: str, thread_ts: str) -> Sequence[str]:  # noqa: ARG002
        return ()


class FollowOrder(Model):
    """Which log is to be followed. `query` are the arguments of the fact `logs.fresh`, `typed` is
    the line that asked for it."""

    stack: str
    title: str
    query: JsonObject
    typed: str


class Follows(Protocol):
    """Logs that are followed into a thread."""

    def begin(self, actor: Actor, channel: str, span: timedelta, order: FollowOrder) -> Follow:
        """Raises Refused when as many are followed as can be, BadArgument for a wrong span."""
        ...

    def stop(self, id_: str, actor: Actor) -> Follow:
        """Raises UnknownName, or Refused when the person may not read that stack."""
        ...


class NoFollows:
    """Where nothing goes on after an answer."""

    def begin(
        self,
        actor: Actor,  # noqa: ARG002
        channel: str,  # noqa: ARG002
        span: timedelta,  # noqa: ARG002
        order: FollowOrder,
    ) -> Follow:
        raise Refused(f"{order.title} cannot be followed from here.", "Ask in Slack.")

    def stop(self, id_: str, actor: Actor) -> Follow:  # noqa: ARG002
        raise UnknownName(f"Nothing is followed as {id_}.")


class Trends(Protocol):
    """What services and hosts used over time."""

    def since(self, stack: str, moment: datetime) -> Sequence[Sample]:
        """The samples later than that, oldest first; a few days of them are kept."""
        ...


class NoTrends:
    """Where nothing is sampled."""

    def since(self, stack: str, moment: datetime) -> Sequence[Sample]:  # noqa: ARG002
        return ()


class Bundles(Protocol):
    """Bundles of diagnostics."""

    def make(self, stack: Stack, actor: Actor) -> Bundle:
        """Collects what there is, redacted, within about a minute. What cannot be read is named in
        its manifest."""
        ...


class NoBundles:
    """Where none are made."""

    def make(self, stack: Stack, actor: Actor) -> Bundle:  # noqa: ARG002
        raise Refused(f"No diagnostics of {stack.name} are made here.", "Ask in Slack.")


class Fresh(Protocol):
    """A message as of now. It is refreshed `until` then, or with None for the last time."""

    def __call__(self, until: datetime | None) -> Body: ...


class Live(Protocol):
    """Messages in a channel that are kept fresh for a while."""

    def show(self, channel: str, span: timedelta, fresh: Fresh) -> datetime:
        """Until when it is refreshed. Raises Refused when as many are shown as can be."""
        ...


class NotLive:
    """Where nothing goes on after an answer."""

    def show(self, _channel: str, _span: timedelta, _fresh: Fresh) -> datetime:
        raise Refused("Nothing can be kept fresh from here.", "Ask in Slack.")


class Watch(Protocol):
    """What continuous probes know of services."""

    def of(self, stack: Stack) -> Sequence[WatchedService]:
        """In start-up order; those that are watched."""
        ...

    def open_now(self, stack: str | None = None) -> Sequence[Condition]:
        """What is wrong, oldest first."""
        ...

    def latencies(self, stack: str, service: str, since: datetime) -> Sequence[Latency]:
        """How long probes took, of some minutes each, oldest first; at most a day back."""
        ...


class NoWatch:
    """Where nothing is watched."""

    def of(self, _stack: Stack) -> Sequence[WatchedService]:
        return ()

    def open_now(self, _stack: str | None = None) -> Sequence[Condition]:
        return ()

    def latencies(self, _stack: str, _service: str, _since: datetime) -> Sequence[Latency]:
        return ()


@dataclass(frozen=True)
class Context:
    """Everything a subcommand may use."""

    stacks: Mapping[str, Stack]
    access: Access
    gate: Gate
    history: History
    facts: FactReader
    now: "Clock"
    timetable: Timetable
    alerts: Alerts
    maintenances: Maintenances
    """Which stacks are under maintenance, and when more is planned."""
    by_hand: Callable[[Known, ActionCall], Lines]
    """What a person types to do what a call of a plan does."""
    uploads: Uploads = field(default_factory=NoUploads)
    trends: Trends = field(default_factory=NoTrends)
    deploy_locks: DeployLocks = field(default_factory=NoDeployLocks)
    follows: Follows = field(default_factory=NoFollows)
    bundles: Bundles = field(default_factory=NoBundles)
    watch: Watch = field(default_factory=NoWatch)
    live: Live = field(default_factory=NotLive)


class Clock(Protocol):
    def __call__(self) -> datetime: ...


class Attachment(Model):
    """A file to upload beside the reply. Text is redacted on its way, a picture cannot be."""

    name: str
    title: str
    content: bytes
    media: Literal["text/plain", "image/png"] = "text/plain"


class Parcel(Model):
    """A file on the bot's disk, alone in its folder, that goes to whoever asked and is deleted in
    Slack after `keep_seconds`. It is redacted already; file and folder are gone once it is sent."""

    path: Path
    title: str
    stack: str
    person: str
    sha256: str
    keep_seconds: float


class Reply(Model):
    """What the person gets: privately unless `in_channel`. No body and no file: nothing to say,
    because a card says it. `view` is a modal, shown instead of the body where one can be opened."""

    body: Body | None = None
    view: JsonObject | None = None
    file: Attachment | None = None
    parcel: Parcel | None = None
    in_channel: bool = False


class Call(Model):
    """One use of a subcommand: who, where, and what was typed, the subcommand's name included.

    `channel` is a Slack channel id; `origin` and `once` as in `Asking`. `files` are the ids of
    what was uploaded together with it.
    """

    actor: Actor
    channel: str
    thread_ts: str | None = None
    text: str
    origin: Literal["slack", "api", "button"] = "slack"
    once: str | None = None
    files: tuple[str, ...] = ()
