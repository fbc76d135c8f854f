"""What is being done to a stack right now, which may explain its alerts."""

from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from bot.store import maintenances, requests, runs
from notifiers.views.text import utc
from playbooks.model.plan import Risk
from playbooks.respond.alert import Group


@dataclass(frozen=True)
class Doing:
    """One thing that is done to a stack. `key` is `run:ID` or `maintenance:RUN`; `says` is a
    sentence for people. `explains` is whether it interrupts or changes anything there: what only
    reads is named, and explains no alert."""

    key: str
    run: str
    says: str
    explains: bool = True


def going_on(connection: sa.Connection, stack: str) -> tuple[Doing, ...]:
    """Empty where nothing is done to it."""
    return tuple(_found(connection, stack)) if stack else ()


def explained(group: Group, doings: tuple[Doing, ...]) -> Group:
    """The group, whose episode begins now, tied to what is being done."""
    update = {
        "meanwhile": tuple(doing.says for doing in doings),
        "explained_by": tuple(doing.key for doing in doings if doing.explains),
    }
    return group.model_copy(update=update)


def _found(connection: sa.Connection, stack: str) -> Iterator[Doing]:
    state = maintenances.of(connection, stack)
    if state is not None:
        says = (
            f"{stack} is under maintenance until {utc(state.until)} (run {state.run}): "
            "this may be part of it."
        )
        yield Doing(f"maintenance:{state.run}", state.run, says)
    for run in runs.going_on(connection, stack):
        request = requests.get(connection, run)
        if request is not None and (state is None or run != state.run):
            operation = request.plan.operation
            says = f"Run {run} ({operation}) was going on when it began: `/ops run {run}`."
            explains = request.plan.risk is not Risk.READ
            yield Doing(f"run:{run}", run, says, explains=explains)
