"""What the views of a request are made from."""

from dataclasses import dataclass
from datetime import datetime

from playbooks.model.request import Request, RequestState, Run, TakenBack, Vote


@dataclass(frozen=True)
class CardState:
    """All that the card of a request says, at the moment `now`.

    `approvers` are the Slack ids of those who may still act: vote while it is pending, answer
    while it is uncertain. `estimate_seconds` comes from earlier runs of the same operation.
    `taken_back` says which later run undid what this one did.
    """

    request: Request
    votes: tuple[Vote, ...]
    run: Run | None
    estimate_seconds: float | None
    now: datetime
    approvers: tuple[str, ...] = ()
    taken_back: TakenBack | None = None

    @property
    def state(self) -> str:
        """The one word that programs read: the run's once there is one, else the request's."""
        if self.run is None:
            return self.request.state.value
        closed = self.request.state not in {RequestState.PENDING, RequestState.APPROVED}
        if closed and not self.run.state.ended:
            return self.request.state.value
        return self.run.state.value

    @property
    def approvals(self) -> int:
        """Distinct people who approved this very digest."""
        return len(
            {
                vote.person
                for vote in self.votes
                if vote.decision == "approve" and vote.digest == self.request.digest
            }
        )

    @property
    def pending(self) -> bool:
        return self.state == RequestState.PENDING.value
