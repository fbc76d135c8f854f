"""What is being done to a stack right now, which may explain its alerts."""

from collections.abc import Iterator

import sqlalchemy as sa

from bot.store import maintenances, requests, runs
from notifiers.views.text import utc


def meanwhile(connection: sa.Connection, stack: str) -> tuple[str, ...]:
    """Sentences for people; none where nothing is done to it."""
    return tuple(_sentences(connection, stack)) if stack else ()


def _sentences(connection: sa.Connection, stack: str) -> Iterator[str]:
    state = maintenances.of(connection, stack)
    if state is not None:
        yield (
            f"{stack} is under maintenance until {utc(state.until)} (run {state.run}): "
            "this may be part of it."
        )
    for run in runs.going_on(connection, stack):
        request = requests.get(connection, run)
        if request is not None and (state is None or run != state.run):
            operation = request.plan.operation
            yield f"Run {run} ({operation}) was going on when it began: `/ops run {run}`."
