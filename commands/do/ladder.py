"""The emergency ladder of a stack: assess, restart, roll back, restore. Pure.

Where it stands is read from the requests there were, so it survives whatever happens to the bot.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from commands.ports import Dossier
from playbooks.model.request import RequestState, RunState

_ONE_EMERGENCY = timedelta(hours=6)
_NOTHING_TRIED = frozenset({RunState.CANCELLED, RunState.VOID})


class Rung(StrEnum):
    """What is done about a stack, the mildest first."""

    ASSESS = "assess"
    RESTART = "restart"
    ROLL_BACK = "rollback"
    RESTORE = "restore"


_CURES = (Rung.RESTART, Rung.ROLL_BACK, Rung.RESTORE)


@dataclass(frozen=True)
class Ladder:
    """`tried` are the rungs that came to an end in this emergency, oldest first; `waiting` is one
    that is asked for or runs. `next` is None at the end of the ladder. `cure` is what
    comes once an assessment finds that it is still not well, None where all was tried."""

    tried: tuple[Dossier, ...]
    waiting: Dossier | None
    next: Rung | None
    cure: Rung | None


def ladder_of(
    dossiers: Sequence[Dossier], now: datetime, passed_over: Collection[Rung] = ()
) -> Ladder:
    """`dossiers` are those of one stack, newest first; `passed_over` are rungs that cannot be
    stepped on.

    An emergency begins with an assessment, and is over when one finds everything well or after
    some hours. A rung counts as tried when its run ended and was not called off.
    """
    recent = [
        each
        for each in dossiers
        if rung_of(each) is not None and now - each.request.asked_at < _ONE_EMERGENCY
    ]
    waiting = next((each for each in recent if _under_way(each)), None)
    ended = [each for each in recent if _ended(each)]
    tried = _since_last_well(ended)
    cure = _cure(tried, passed_over)
    return Ladder(tried=tuple(tried), waiting=waiting, next=_next(tried, cure), cure=cure)


def rung_of(dossier: Dossier) -> Rung | None:
    """Which rung a request is; None for what has no place on the ladder."""
    plan = dossier.request.plan
    if plan.operation == "restart" and plan.params.get("service") is None:
        return Rung.RESTART
    return {
        "assess": Rung.ASSESS,
        "rollback": Rung.ROLL_BACK,
        "recover": Rung.RESTORE,
    }.get(plan.operation)


def found_well(dossier: Dossier) -> bool | None:
    """What an assessment found; None where it came to no verdict, or is none."""
    steps = dossier.run.steps if dossier.run else ()
    return next((step.output["well"] for step in steps if "well" in step.output), None)


def _since_last_well(ended: Sequence[Dossier]) -> list[Dossier]:
    """Oldest first, from the assessment that this emergency began with."""
    found: list[Dossier] = []
    for each in ended:
        if found_well(each):
            break
        found.insert(0, each)
    begun = next((i for i, each in enumerate(found) if found_well(each) is False), len(found))
    return found[begun:]


def _cure(tried: Sequence[Dossier], passed_over: Collection[Rung]) -> Rung | None:
    used = {*(rung_of(each) for each in tried), *passed_over}
    return next((cure for cure in _CURES if cure not in used), None)


def _next(tried: Sequence[Dossier], cure: Rung | None) -> Rung | None:
    if not tried:
        return Rung.ASSESS
    last = tried[-1]
    if rung_of(last) is Rung.ASSESS and found_well(last) is None:
        return Rung.ASSESS
    if rung_of(last) in _CURES and _succeeded(last):
        return Rung.ASSESS
    return cure


def _under_way(dossier: Dossier) -> bool:
    if dossier.run is not None:
        return not dossier.run.state.ended
    return dossier.request.state in {RequestState.PENDING, RequestState.APPROVED}


def _ended(dossier: Dossier) -> bool:
    run = dossier.run
    return run is not None and run.state.ended and run.state not in _NOTHING_TRIED


def _succeeded(dossier: Dossier) -> bool:
    return dossier.run is not None and dossier.run.state is RunState.SUCCEEDED
