"""Drills: restores rehearsed in throwaway places, and what they found."""

from datetime import datetime, timedelta

from pydantic import Field

from playbooks.gate.duration import Duration
from playbooks.model.base import Model, Name
from playbooks.model.datastores import Datastore, PostgresServerStore, PostgresStore
from playbooks.model.schedule import Schedule

_GRACE = timedelta(days=1)


class DrillQuery(Model):
    """A question of the stack's own: the first value that `sql` answers must be `expect`.
    `database` is which one of a server is asked."""

    sql: str = Field(min_length=1)
    expect: bool | int | float | str | None
    database: str = ""


class DrillRules(Model):
    """Restores that are rehearsed: by themselves with a `schedule`, and with what `queries`.

    `queries` are by datastore (of kind postgres or postgres-server) and asked of what was restored.
    `alarm_after` is how old the last drill that passed may become before those who can act are
    told; without it, that is a day more than the schedule's own rhythm.
    """

    schedule: Schedule | None = None
    queries: dict[Name, tuple[DrillQuery, ...]] = {}
    alarm_after: Duration | None = None

    def require_askable(self, name: str, store: Datastore) -> None:
        """Raises ValueError when the queries of `name` cannot be asked of such a store."""
        if isinstance(store, PostgresServerStore):
            for query in self.queries[name]:
                known = store.databases == "all" or query.database in store.databases
                if not query.database or not known:
                    raise ValueError(
                        f"drill.queries.{name}: {name} is a whole server; every query needs its "
                        f"`database`, one that is backed up, not {query.database!r}"
                    )
        elif not isinstance(store, PostgresStore):
            raise ValueError(
                f"drill.queries.{name}: {name} is {store.kind}; only postgres is asked"
            )
        elif any(query.database not in {"", store.database} for query in self.queries[name]):
            raise ValueError(
                f"drill.queries.{name}: {name} is the database {store.database!r} alone; "
                "leave `database` out"
            )

    @property
    def due_within(self) -> timedelta | None:
        """How old the last good drill may become; None when nothing says so."""
        if self.alarm_after is not None or self.schedule is None:
            return self.alarm_after
        return self.schedule.longest_gap + _GRACE


class Check(Model):
    """One thing that was looked at in what was restored. `detail` says what was found wrong."""

    name: str
    ok: bool
    detail: str = ""


class Rehearsal(Model):
    """What an action `KIND.rehearse` gives. `seconds` is how long it took to restore and check."""

    seconds: float
    checks: tuple[Check, ...] = Field(min_length=1)

    @property
    def failed(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if not check.ok)


class DrillNote(Model):
    """The newest drill of one datastore of a backup, as it is noted beside the backup.

    `seconds` is how long it took to fetch, restore and check; `why` says what was wrong.
    """

    at: datetime
    run: str
    passed: bool
    seconds: float
    checks: int
    why: str = ""
