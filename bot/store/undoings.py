"""Which restores undid which, as the requests and runs tell."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from bot.store.tables import requests, runs
from playbooks.model.plan import Plan

_UNDO = "undo"


def later_undos(connection: sa.Connection, run: str, plan: Plan, after: datetime) -> Sequence[str]:
    """Runs that set out, later, to exchange the data that this restore brought, oldest first."""
    if not _may_be_undone(plan):
        return ()
    query = (
        _restores(plan)
        .where(
            _param("mode") == _UNDO,
            _param("backup").in_(_names(run, plan)),
            runs.c.ended_at > after,
        )
        .order_by(runs.c.ended_at)
    )
    return [row.id for row in connection.execute(query).all()]


def undone_by(connection: sa.Connection, run: str, plan: Plan) -> Sequence[str]:
    """Runs that an undo may have undone: the one it names, and earlier undos of that one."""
    if not _may_be_undone(plan) or plan.params.get("mode") != _UNDO:
        return ()
    named = str(plan.params["backup"])
    same = sa.and_(_param("mode") == _UNDO, _param("backup") == named)
    query = _restores(plan).where(runs.c.id != run, (runs.c.id == named) | same)
    return [row.id for row in connection.execute(query).all()]


def _restores(plan: Plan) -> sa.Select[tuple[str]]:
    return (
        sa.select(runs.c.id)
        .join(requests, requests.c.id == runs.c.id)
        .where(
            requests.c.stack == plan.stack,
            requests.c.operation == plan.operation,
            _param("datastore") == str(plan.params["datastore"]),
            runs.c.ended_at.is_not(None),
        )
    )


def _names(run: str, plan: Plan) -> Sequence[str]:
    """The undo of a folder keeps its copy under the name of the restore that it undid."""
    return (run, str(plan.params["backup"])) if plan.params.get("mode") == _UNDO else (run,)


def _param(name: str) -> sa.ColumnElement[str]:
    found: sa.ColumnElement[str] = requests.c.body[("plan", "params", name)].as_string()
    return found


def _may_be_undone(plan: Plan) -> bool:
    return plan.operation == "restore" and plan.params.get("mode") in {"swap", _UNDO}
