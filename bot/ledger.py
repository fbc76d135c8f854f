"""Requests with all that belongs to them, and the messages that show them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

import sqlalchemy as sa

from bot import audit
from bot.engine.board import Board
from bot.engine.story import Story, records
from bot.incidents.of_requests import of_audit
from bot.incidents.record import record
from bot.oncall.news import Notify, notify_nobody
from bot.store import journal, outbox, requests, runs, undoings
from bot.store.database import Database
from commands.ports import Clock, Dossier
from notifiers.ports import Body, Desired, Lane
from notifiers.redactor import Redactor
from notifiers.views.attention import finished
from notifiers.views.card import card, card_key
from notifiers.views.state import CardState
from playbooks.errors import UnknownName
from playbooks.gate.access import may
from playbooks.gate.policy import Policy
from playbooks.gate.verdict import eligible
from playbooks.model.base import JsonObject
from playbooks.model.people import Person
from playbooks.model.request import Request, RequestState, Run, TakenBack
from playbooks.model.stack import Stack


@dataclass(frozen=True)
class Ledger:
    """What gate, engine and history share. Methods with a connection act in its transaction.

    Whatever is stored of errors and words has gone through the `redactor` before.
    """

    database: Database
    policy: Policy
    stacks: Mapping[str, Stack]
    board: Board
    now: Clock
    channel_of: Callable[[Stack], str]
    redactor: Redactor = field(default_factory=Redactor)
    notify: Notify = notify_nobody
    """Tells the targets that `interlock.yaml` names for it, in the caller's transaction."""

    def stack(self, name: str) -> Stack:
        """Raises UnknownName with the stacks there are."""
        if name not in self.stacks:
            raise UnknownName(
                f"There is no stack {name!r}.", f"There is: {', '.join(self.stacks) or 'none'}."
            )
        return self.stacks[name]

    def dossier(self, connection: sa.Connection, request: Request) -> Dossier:
        plan = request.plan
        took = runs.durations(connection, plan.stack, plan.operation, requests.target_of(plan))
        run = self.run(connection, request)
        return Dossier(
            request=request,
            votes=requests.votes_on(connection, request.id),
            run=run,
            estimate_seconds=median(took) if took else None,
            taken_back=run and self._taken_back(connection, request, run),
        )

    def _taken_back(
        self, connection: sa.Connection, request: Request, run: Run
    ) -> TakenBack | None:
        """The first undo after it that went past its own point of no return."""
        if run.ended_at is None:
            return None
        later = undoings.later_undos(connection, run.id, request.plan, run.ended_at)
        for undo in later:
            its, row = requests.get(connection, undo), runs.row(connection, undo)
            if its is None or row is None:
                continue
            if Story.of(journal.of_run(connection, undo)).past_return(its.plan):
                return TakenBack(
                    run=undo, person=its.requester, slack=its.requester_slack, at=row["ended_at"]
                )
        return None

    def run(self, connection: sa.Connection, request: Request) -> Run | None:
        row = runs.row(connection, request.id)
        if row is None:
            return None
        run = Run.model_validate(row)
        story = Story.of(journal.of_run(connection, request.id))
        return run.model_copy(
            update={
                "steps": records(request.plan, story, run.state.ended),
                "progress": self.board.progress_of(run.id),
            }
        )

    def card_state(self, dossier: Dossier) -> CardState:
        return CardState(
            request=dossier.request,
            votes=dossier.votes,
            run=dossier.run,
            estimate_seconds=dossier.estimate_seconds,
            now=self.now(),
            approvers=self._can_act(dossier),
            taken_back=dossier.taken_back,
        )

    def want_card(
        self, connection: sa.Connection, request: str, lane: Lane = Lane.UPDATE
    ) -> CardState:
        """The card should show how things stand at the end of this transaction."""
        found = requests.get(connection, request)
        if found is None:
            raise UnknownName(f"There is no request {request!r}.")
        state = self.card_state(self.dossier(connection, found))
        desired = Desired(
            key=card_key(request),
            channel=found.channel,
            lane=lane,
            version=requests.next_card_version(connection, request),
            body=card(state),
        )
        outbox.want(connection, desired, self.now())
        return state

    def want_notice(
        self, connection: sa.Connection, key: str, request: Request, body: Body, lane: Lane
    ) -> None:
        """A new message that calls for attention; each key is said once."""
        desired = Desired(key=key, channel=request.channel, lane=lane, version=1, body=body)
        outbox.want(connection, desired, self.now())

    def want_finished(self, connection: sa.Connection, request: Request) -> None:
        """The card's last word, and the message that tells the requester."""
        state = self.want_card(connection, request.id)
        key = f"run:{request.id}:finished"
        self.want_notice(connection, key, request, finished(state), Lane.UPDATE)
        for undone in undoings.undone_by(connection, request.id, request.plan):
            self.want_card(connection, undone)

    def audit(
        self,
        connection: sa.Connection,
        kind: str,
        actor: str,
        request: Request,
        **detail: JsonObject | str | int | float | bool | Sequence[str] | None,
    ) -> None:
        """Notes what happened to the request, also in the incidents that go on."""
        at = self.now()
        about = {"incident": request.incident} if request.incident else {}
        said = self.redactor.redact_json({"operation": request.plan.operation, **about, **detail})
        audit.append(
            connection,
            at=at,
            kind=kind,
            actor=actor,
            stack=request.plan.stack,
            subject=request.id,
            detail=said,
        )
        happened = of_audit(kind, actor, request, at, said)
        if happened is not None:
            record(connection, happened)

    def may_steer(self, request: Request, person: Person | None) -> bool:
        """Whether this person may cancel it, or answer what to do with an uncertain step."""
        if person is None:
            return False
        if person.name == request.requester:
            return True
        plan = request.plan
        return may(self.policy, person, "approve", plan.stack, plan.environment)

    def _can_act(self, dossier: Dossier) -> tuple[str, ...]:
        people = [p for name in self.policy.people if (p := self.policy.person(name))]
        request = dossier.request
        if dossier.run is not None:
            return tuple(p.slack for p in people if self.may_steer(request, p))
        if request.state is not RequestState.PENDING:
            return ()
        voted = {vote.person for vote in dossier.votes}
        return tuple(
            p.slack for p in people if p.name not in voted and eligible(request, p, self.policy)
        )
