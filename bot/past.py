"""What the bot remembers: `playbooks.ports.Past` over the journal, the runs and maintenance."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from bot.store import alerts, journal, maintenances, runs, schedules, watching
from bot.store.database import Database
from bot.store.schedules import FireRow
from playbooks.model.jobs import Job
from playbooks.model.request import RunState
from playbooks.model.window import UnderMaintenance, Window


class JournaledPast:
    """Published is what a finished publishing step says; where to, the beginning of its run."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def backup_in(self, stack: str, repository: str) -> str | None:
        with self._database.read() as connection:
            return self._newest(connection, stack, repository)

    def maintenance_of(self, stack: str) -> UnderMaintenance | None:
        with self._database.read() as connection:
            return maintenances.of(connection, stack)

    def windows_of(self, stack: str) -> Sequence[Window]:
        with self._database.read() as connection:
            return maintenances.planned(connection, stack)

    def going_on(self, stack: str) -> Sequence[str]:
        with self._database.read() as connection:
            return runs.going_on(connection, stack)

    def firing(self, stack: str) -> Sequence[str]:
        with self._database.read() as connection:
            found = watching.open_conditions(connection, stack)
        return [f"{each.service} {each.kind}: {each.detail}" for each in found]

    def jobs(self, stack: str, since: datetime) -> Sequence[Job]:
        with self._database.read() as connection:
            fires = schedules.since(connection, stack, since)
            return [_job(connection, fire) for fire in fires]

    def alerts(self, stack: str) -> Sequence[str]:
        with self._database.read() as connection:
            found = alerts.groups(connection, stack, firing=True)
        return [f"{each.group.severity} {each.group.rule}" for each in found]

    def _newest(self, connection: sa.Connection, stack: str, repository: str) -> str | None:
        for backup, begun in journal.published(connection, stack):
            if begun.get("args", {}).get("repository") == repository:
                return backup
        return None


def _job(connection: sa.Connection, fire: FireRow) -> Job:
    """A fire, and how the run that it made ended."""
    name = fire.name.removeprefix(":")
    if fire.state == "skipped":
        return Job(name=name, at=fire.at, ended="left out", why=fire.why)
    if fire.state == "failed":
        return Job(name=name, at=fire.at, ended="badly", why=fire.why)
    if fire.state == "said":
        return Job(name=name, at=fire.at, ended="well")
    run = runs.row(connection, fire.request) if fire.request else None
    if run is None:
        waits = fire.why or "it waits for approval" if fire.request else fire.why
        return Job(name=name, at=fire.at, ended="not yet", why=waits, run=fire.request or "")
    state = RunState(run["state"])
    ended = "well" if state is RunState.SUCCEEDED else "badly" if state.ended else "not yet"
    return Job(name=name, at=fire.at, ended=ended, why=str(run["outcome"]), run=fire.request or "")
