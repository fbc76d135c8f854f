"""Which stacks are under maintenance: playbooks.ports.Maintenances over the database."""

from collections.abc import Sequence

from bot import audit
from bot.store import maintenances as rows
from bot.store.database import Database
from commands.ports import Clock
from playbooks.model.base import JsonObject
from playbooks.model.window import UnderMaintenance, Wanted, Window


class StoredMaintenances:
    """Every change is one transaction with its entry in the audit."""

    def __init__(self, database: Database, now: Clock) -> None:
        self._database = database
        self._now = now

    def of(self, stack: str) -> UnderMaintenance | None:
        with self._database.read() as connection:
            return rows.of(connection, stack)

    def begin(self, stack: str, wanted: Wanted) -> UnderMaintenance:
        now = self._now()
        with self._database.write() as connection:
            before = rows.of(connection, stack)
            if before is not None and before.run == wanted.run:
                return before
            until = wanted.until or now + wanted.lasting
            state = (
                before.model_copy(
                    update={"message": wanted.message, "until": max(before.until, until)}
                )
                if before
                else UnderMaintenance(
                    stack=stack,
                    since=now,
                    until=until,
                    message=wanted.message,
                    run=wanted.run,
                    person=wanted.person,
                )
            )
            rows.remember(connection, state)
            what = "longer" if before else "begun"
            detail = state.model_dump(mode="json", exclude={"stack", "person"})
            audit.append(
                connection,
                at=now,
                kind=f"maintenance.{what}",
                actor=wanted.person,
                stack=stack,
                subject=stack,
                detail=detail,
            )
        return state

    def end(self, stack: str) -> UnderMaintenance | None:
        now = self._now()
        with self._database.write() as connection:
            before = rows.of(connection, stack)
            if before is None:
                return None
            rows.forget(connection, stack)
            lasted = round((now - before.since).total_seconds())
            detail: JsonObject = {"since": before.since.isoformat(), "seconds": lasted}
            audit.append(
                connection,
                at=now,
                kind="maintenance.ended",
                actor="engine",
                stack=stack,
                subject=stack,
                detail=detail,
            )
        return before

    def windows(self, stack: str) -> Sequence[Window]:
        with self._database.read() as connection:
            return rows.planned(connection, stack)

    def plan(self, window: Window) -> None:
        with self._database.write() as connection:
            rows.plan(connection, window)

    def cancel(self, window: str, why: str) -> bool:
        with self._database.write() as connection:
            return rows.settle(connection, window, "cancelled", why)
