"""What a run performs, phase by phase, and what can come of it."""

from dataclasses import dataclass

from bot.store.journal import Phase
from playbooks.model.plan import ActionCall, Owed, Step


@dataclass(frozen=True)
class Task:
    """One call to perform and journal. An `idempotent` one may be repeated without asking;
    `forgiving` fills references to outputs that never came with None."""

    phase: Phase
    key: str
    name: str
    call: ActionCall
    probe: ActionCall | None = None
    idempotent: bool = False
    forgiving: bool = False
    most_failures: int = 1


@dataclass(frozen=True)
class Done:
    """It has happened, and its output is journaled."""


@dataclass(frozen=True)
class Failed:
    """It is known that it failed."""

    why: str


@dataclass(frozen=True)
class Stopped:
    """It did not begin, or it stopped on the way, because the run was cancelled."""


@dataclass(frozen=True)
class Unsure:
    """Nobody knows whether it happened; a person is asked."""

    why: str


@dataclass(frozen=True)
class GivenUp:
    """A person chose to abort rather than to find out."""


Outcome = Done | Failed | Stopped | Unsure | GivenUp


def doing(step: Step, most_failures: int) -> Task:
    return Task(
        phase="do",
        key=step.key,
        name=step.name,
        call=step.call,
        probe=step.probe,
        idempotent=step.idempotent,
        most_failures=most_failures if step.idempotent else 1,
    )


def undoing(step: Step, call: ActionCall, most_failures: int) -> Task:
    """An undo bears being called whatever its step did, so it may be repeated."""
    return Task(
        phase="undo",
        key=step.key,
        name=f"Undo: {step.name}",
        call=call,
        idempotent=True,
        forgiving=True,
        most_failures=most_failures,
    )


def paying(owed: Owed, most_failures: int) -> Task:
    return Task(
        phase="owed",
        key=owed.key,
        name=owed.name,
        call=owed.call,
        idempotent=True,
        forgiving=True,
        most_failures=most_failures,
    )
