"""Folds what came, and sets aside what breaks it, so that one notice holds up no other."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
import structlog

from bot.alerts.folding import Folding
from bot.store import alerts as rows
from bot.store import inbox
from bot.store.inbox import ALERTS, Received
from bot.web.metrics import Metrics

_log = structlog.get_logger(__name__)
# What a store says that is away, or busy for a moment; so many times in a row it is the notice.
_PASSING = (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError)
_PATIENCE = 3
_LONGEST = 300


@dataclass
class OneByOne:
    """Not safe for threads: one task folds."""

    folding: Folding
    metrics: Metrics
    redact: Callable[[str], str]
    _failed: Counter[str] = field(default_factory=Counter)

    def fold(self, notices: Sequence[Received]) -> Sequence[Received]:
        """All of them, or where that fails each by itself; those that have to wait for the store.
        One that breaks by itself is set aside: its problem is noted, counted and shown."""
        if self._trouble(notices) is None:
            return ()
        waiting: list[Received] = []
        for place, notice in enumerate(notices):
            trouble = self._trouble([notice])
            if trouble is None:
                self._failed.pop(notice.id, None)
            elif isinstance(trouble, _PASSING) and not self._store_answers():
                return [*waiting, *notices[place:]]
            elif isinstance(trouble, _PASSING) and self._may_pass(notice):
                waiting.append(notice)
            elif not self._set_aside(notice, trouble):
                return [*waiting, *notices[place:]]
        return waiting

    def _trouble(self, notices: Sequence[Received]) -> Exception | None:
        try:
            self.folding.fold(notices)
        except Exception as error:  # noqa: BLE001 - what came from outside may break in any way
            _log.exception("alerts.not_folded", notices=len(notices))
            return error
        return None

    def _may_pass(self, notice: Received) -> bool:
        self._failed[notice.id] += 1
        return self._failed[notice.id] < _PATIENCE

    def _store_answers(self) -> bool:
        try:
            with self.folding.database.write() as connection:
                connection.execute(sa.select(1))
        except sa.exc.SQLAlchemyError:
            return False
        return True

    def _set_aside(self, notice: Received, trouble: Exception) -> bool:
        """Whether that could be noted."""
        problem, now = self.redact(_said(trouble)), self.folding.now()
        refused = rows.RefusedNotice(
            source=str(notice.payload.get("source", "")),
            at=now,
            field="",
            what=f"taken in, but it broke the showing of alerts: {problem}; it is set aside as "
            f"{notice.id[:80]}",
        )
        try:
            with self.folding.database.write() as connection:
                inbox.settle(connection, [notice.id], now, problem)
                rows.refuse(connection, refused)
        except sa.exc.SQLAlchemyError:
            _log.exception("alerts.not_set_aside", notice=notice.id)
            return False
        self._failed.pop(notice.id, None)
        self.metrics.set_aside.labels(ALERTS).inc()
        _log.error("alerts.set_aside", notice=notice.id, why=problem)
        return True


def _said(error: Exception) -> str:
    """Without the statement and all its values, which SQLAlchemy's errors bring along."""
    cause = error.orig if isinstance(error, sa.exc.StatementError) and error.orig else error
    return f"{type(cause).__name__}: {cause}"[:_LONGEST]
