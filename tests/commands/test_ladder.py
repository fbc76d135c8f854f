"""Where the emergency ladder stands: the table of tests/cases/ladder.yaml."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from commands.do.ladder import Rung, ladder_of, rung_of
from commands.ports import Dossier
from playbooks.model.plan import Plan, Risk
from playbooks.model.request import RequestState, Run, RunState, StepRecord
from tests.support.cards import NOW, request, run

CASES = yaml.safe_load((Path(__file__).parents[1] / "cases/ladder.yaml").read_text())
_RUNS = {state.value for state in RunState} - {"cancelled", "void"}


def dossier(told: dict[str, Any], number: int, count: int) -> Dossier:
    """One request of the case, as the bot remembers it."""
    operation, service = told["do"], told.get("service")
    plan = Plan(
        operation=operation,
        stack="harbor",
        environment="prod",
        summary=operation,
        risk=Risk.CHANGE,
        params={"service": service} if operation == "restart" else {},
    )
    state = told.get("state", "succeeded")
    ran = state in _RUNS or (state in {"cancelled", "void"} and number % 2 == 0)
    asked = request(
        plan,
        id=f"r{number}",
        asked_at=NOW - timedelta(minutes=told.get("minutes", count - number)),
        state=RequestState.APPROVED if ran else RequestState(state),
    )
    return Dossier(request=asked, votes=(), run=_run(state, told.get("well")) if ran else None)


def _run(state: str, well: bool | None) -> Run:
    seen = StepRecord(
        key="assess",
        name="Look",
        stage=0,
        phase="do",
        state="done",
        output={} if well is None else {"well": well},
    )
    return run(RunState(state), (seen,))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_table(case: dict[str, Any]) -> None:
    """What was asked for before says which rung is next, or which one is waited for."""
    before = case["before"]
    known = [dossier(told, at, len(before)) for at, told in enumerate(before)]
    passed_over = () if case.get("releases") else (Rung.ROLL_BACK,)
    ladder = ladder_of(known[::-1], NOW, passed_over)
    waits = rung_of(ladder.waiting) if ladder.waiting else None
    assert waits == case.get("waits")
    if waits is None:
        assert ladder.next == case["next"]
    if "cure" in case:
        assert ladder.cure == case["cure"]
