"""A restore of harbor's postgres in every state that a card can show."""

from datetime import UTC, datetime, timedelta
from typing import Any

from notifiers.views.state import CardState
from playbooks.model.facts import FactQuery
from playbooks.model.plan import ActionCall, Guard, Line, Owed, Plan, Resource, Risk, Step
from playbooks.model.request import Progress, Request, RequestState, Run, RunState, StepRecord, Vote

NOW = datetime(2026, 11, 22, 5, 14, tzinfo=UTC)
ANA, BEN, CLEO = "U0ANA", "U0BEN", "U0CLEO"
BACKUP = "20261122-020000-h7m2xd"


def step(key: str, name: str, **more: Any) -> Step:
    """A step whose action is named after its key."""
    return Step(key=key, name=name, **{"action": f"postgres.{key}", **more})


STAGES = (
    (
        step("fetch", "Fetch and verify postgres from the backup", args={"backup": BACKUP}),
        step("safety", "Back up the live database first", args={"datastore": "postgres"}),
    ),
    (
        step(
            "create",
            "Create harbor_new_k3f9q2 beside the live database",
            args={"database": "harbor_new_{run}"},
            undo=ActionCall(action="postgres.drop"),
        ),
    ),
    (step("load", "Load the backup into it", args={"dump": {"$from": "fetch.path"}}),),
    (step("check", "Count its rows and compare with the backup", idempotent=True),),
    (step("stop", "Stop api", action="service.stop", args={"service": "api"}),),
    (
        step(
            "swap",
            "Swap the two databases in one transaction",
            probe=ActionCall(action="postgres.is_swapped"),
        ),
    ),
    (step("start", "Start api and wait until it is healthy", action="service.start"),),
    (step("release", "Remove the fetched files", action="repository.release"),),
)


def restore_plan(**changes: Any) -> Plan:
    """The plan of the example that runs through all our documents."""
    return Plan(
        **{
            "operation": "restore",
            "stack": "harbor",
            "environment": "prod",
            "summary": "RESTORE prod/harbor postgres to 02:00 today, loses 3 h 12 min",
            "risk": Risk.DESTROY,
            "params": {"datastore": "postgres", "backup": BACKUP, "mode": "swap"},
            "stages": STAGES,
            "point_of_no_return": 5,
            "owed": (
                Owed(
                    key="api",
                    name="Start api again",
                    since=4,
                    call=ActionCall(action="service.start", args={"service": "api"}),
                ),
            ),
            "resources": (Resource(kind="stack", name="harbor", exclusive=True),),
            "guards": (
                Guard(
                    name="Free space on the database's disk",
                    field="free_bytes",
                    query=FactQuery(fact="disk.free"),
                    at_least=61_000_000,
                ),
            ),
            "affects": (
                "api is stopped for about 4 s around the swap; web answers 502 meanwhile.",
            ),
            "loses": (
                "Everything written since 02:00 today, 3 h 12 min ago.",
                "bookings: 50,000 rows in the backup, 50,318 now.",
                "berths: 120 rows in the backup, 121 now.",
            ),
            "keeps": (
                "The live database stays as harbor_old_k3f9q2 until a backup of it is verified.",
            ),
            "notes": ("This backup was never rehearsed in a drill.",),
            "binding": {"backup": BACKUP, "manifest": "9f2c41aa", "schema": "a41b"},
            "shown": (
                Line(label="Backup", value=f"{BACKUP}, 20.3 MB"),
                Line(label="Live database", value="27.7 MB, PostgreSQL 18.0"),
            ),
            "undo_hint": "restore harbor postgres --undo",
            **changes,
        }
    )


def request(plan: Plan | None = None, **changes: Any) -> Request:
    """Ana asks for the restore; two approvals needed."""
    plan = plan or restore_plan()
    return Request(
        **{
            "id": "k3f9q2",
            "plan": plan,
            "digest": plan.digest("policy-1"),
            "policy_version": "policy-1",
            "requester": "ana",
            "requester_slack": ANA,
            "channel": "C0OPSHARBOR",
            "typed": "/ops restore harbor postgres latest",
            "needed": 2,
            "approver_roles": frozenset({"approver"}),
            "asked_at": NOW - timedelta(minutes=2),
            "expires_at": NOW + timedelta(minutes=58),
            "run_within_seconds": 3600,
            **changes,
        }
    )


def vote(person: str, decision: str = "approve", plan: Plan | None = None) -> Vote:
    """One vote on the example's digest."""
    digest = (plan or restore_plan()).digest("policy-1")
    return Vote.model_validate(
        {
            "person": person,
            "slack": f"U0{person.upper()}",
            "decision": decision,
            "digest": digest,
            "at": NOW - timedelta(minutes=1),
        }
    )


def records(done: int, last: str = "running", error: str = "") -> tuple[StepRecord, ...]:
    """`done` steps of the example are done, the next one is in the state `last`."""
    steps = [(at, each) for at, stage in enumerate(STAGES) for each in stage]
    begun = NOW - timedelta(seconds=40)
    found = [
        StepRecord(
            key=each.key,
            name=each.name,
            stage=at,
            phase="do",
            state="done",
            started_at=begun + timedelta(seconds=3 * index),
            ended_at=begun + timedelta(seconds=3 * index + 2),
        )
        for index, (at, each) in enumerate(steps[:done])
    ]
    if done < len(steps) and last:
        at, each = steps[done]
        ended = NOW if last in {"failed"} else None
        found.append(
            StepRecord(
                key=each.key,
                name=each.name,
                stage=at,
                phase="do",
                state=last,
                error=error,
                ended_at=ended,
                started_at=NOW - timedelta(seconds=3),
            )
        )
    return tuple(found)


def run(state: RunState, steps: tuple[StepRecord, ...] = (), **changes: Any) -> Run:
    """The example's run."""
    ended = NOW if state.ended else None
    return Run(
        **{
            "id": "k3f9q2",
            "state": state,
            "queued_at": NOW - timedelta(seconds=42),
            "started_at": NOW - timedelta(seconds=41),
            "ended_at": ended,
            "steps": steps,
            **changes,
        }
    )


def card_state(
    asked: Request, votes: tuple[Vote, ...] = (), ran: Run | None = None, **more: Any
) -> CardState:
    """A CardState at NOW with the usual estimate."""
    return CardState(
        **{
            "request": asked,
            "votes": votes,
            "run": ran,
            "estimate_seconds": 38.0,
            "now": NOW,
            "approvers": (BEN, CLEO),
            **more,
        }
    )


def samples() -> dict[str, CardState]:
    """One state of each kind, by name."""
    both = (vote("ben"), vote("cleo"))
    approved = request(state=RequestState.APPROVED)
    loading = Progress(key="load", done=10_600_000, total=20_300_000)
    undoing = tuple(
        StepRecord(
            key=key,
            name=name,
            stage=1,
            phase="undo",
            state="done",
            started_at=NOW - timedelta(seconds=2),
            ended_at=NOW,
        )
        for key, name in (("create", "Drop harbor_new_k3f9q2"), ("fetch", "Remove fetched files"))
    )
    failure = 'pg_restore: error: could not execute query: ERROR: disk full, <!channel> & "x"'
    return {
        "pending": card_state(request()),
        "one_of_two": card_state(request(), both[:1]),
        "queued": card_state(
            approved,
            both,
            run(RunState.QUEUED, started_at=None, waiting_for="backup of harbor, run m2x7aa"),
        ),
        "running": card_state(
            approved, both, run(RunState.RUNNING, records(3), progress=(loading,))
        ),
        "cancelling": card_state(
            approved, both, run(RunState.RUNNING, records(3), cancel_requested_by="ana")
        ),
        "uncertain": card_state(
            approved,
            both,
            run(
                RunState.UNCERTAIN,
                records(6, "uncertain"),
                uncertain_step="swap",
                outcome="The server was gone when it was asked whether the swap happened.",
            ),
        ),
        "succeeded": card_state(
            approved, both, run(RunState.SUCCEEDED, records(9), outcome="50,000 bookings are back.")
        ),
        "failed": card_state(
            approved,
            both,
            run(
                RunState.FAILED,
                records(3, "failed", failure),
                outcome="Loading the backup failed; the live database was not touched.",
            ),
        ),
        "undone": card_state(
            approved,
            both,
            run(
                RunState.UNDONE,
                records(3, "failed", failure) + undoing,
                outcome="Loading the backup failed. What was done has been taken back.",
            ),
        ),
        "void": card_state(
            request(
                state=RequestState.VOID,
                superseded_by="p8w2rt",
                reason="The schema changed from a41b to c77d.",
                closed_at=NOW,
            ),
            both,
        ),
        "denied": card_state(
            request(state=RequestState.DENIED, closed_at=NOW, closed_by="ben"),
            (vote("ben", "deny"),),
        ),
        "expired": card_state(request(state=RequestState.EXPIRED, closed_at=NOW)),
        "cancelled": card_state(
            request(state=RequestState.CANCELLED, closed_at=NOW, closed_by="ana")
        ),
    }


def long_plan(steps: int = 120) -> Plan:
    """Far more of everything than a card has room for."""
    sentence = "A table with a rather long name, " * 8
    stages = tuple(
        (step(f"s{n}", f"Do part {n} of {steps} " + "and more " * 12),) for n in range(steps)
    )
    return restore_plan(
        stages=stages,
        point_of_no_return=steps // 2,
        loses=(sentence,) * 40,
        affects=(sentence,) * 30,
        keeps=(sentence,) * 20,
        notes=(sentence,) * 20,
        shown=tuple(Line(label=f"Fact {n}", value=sentence) for n in range(30)),
    )
