"""Plans from real facts, and carries plans out: forward, or back after a failure."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from playbooks.catalogue import ACTIONS, READERS
from playbooks.datastores.protocol import BackupParams, RestoreParams
from playbooks.errors import FactUnavailable, InterlockError
from playbooks.model.base import JsonObject, Model
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import Plan, Step
from playbooks.model.stack import Stack
from playbooks.operations.backup import BACKUP
from playbooks.operations.restore import RESTORE
from playbooks.playbook import Playbook
from playbooks.registry import found
from tests.support.carry import call
from tests.support.work import STARTED, KnownSecrets, TestReading, TestWork


@dataclass
class Bench:
    """A stack to operate. Each run gets an id and a time of its own."""

    stack: Stack
    secrets: KnownSecrets = field(default_factory=KnownSecrets)
    now: datetime = STARTED
    runs: int = 0
    outputs: dict[str, JsonObject] = field(default_factory=dict)

    def read(self, queries: Sequence[FactQuery]) -> Facts:
        values: dict[str, JsonObject] = {}
        missing: dict[str, str] = {}
        reading = TestReading(self.stack, self.secrets, self.now)
        for query in queries:
            try:
                values[query.key] = found(READERS, query.fact).call(reading, query.args)
            except FactUnavailable as error:
                missing[query.key] = str(error)
        return Facts(values, missing)

    def plan(self, playbook: Playbook[Any], params: Model) -> Plan:
        return playbook.plan(self.stack, params, self.read(playbook.needs(self.stack, params)))

    def work(self) -> TestWork:
        """What the actions of a new run get."""
        self.runs += 1
        self.now += timedelta(hours=1)
        return TestWork(self.stack, self.secrets, run=self.newest, started=self.now.astimezone(UTC))

    @property
    def newest(self) -> str:
        """The id of the newest run, which no other process of tests has: what a run leaves behind
        is swept by its id, on the engine and in the temporary folder of all."""
        return f"r{os.getpid():04x}{self.runs:03}"

    def run(
        self, plan: Plan, work: TestWork | None = None, before: Callable[[Step], None] | None = None
    ) -> TestWork:
        """Carries out the plan. On an error all that was begun is undone, newest first, what is
        owed is paid, and the error goes on. `before` is called before each step."""
        work = work or self.work()
        self.outputs = {}
        begun: list[Step] = []
        try:
            for step in plan.steps:
                begun.append(step)
                work.step = step.key
                if before:
                    before(step)
                self.outputs[step.key] = call(step.call, work, ACTIONS, self.outputs)
        except InterlockError:
            work.stop_at = None
            for step in reversed(begun):
                if step.undo is not None:
                    call(step.undo, work, ACTIONS, _or_none(self.outputs))
            for owed in plan.owed:
                call(owed.call, work, ACTIONS, self.outputs)
            raise
        return work

    def plan_backup(self, *datastores: str) -> Plan:
        return self.plan(BACKUP, BackupParams(datastores=datastores or ("postgres",)))

    def backup(self, *datastores: str) -> str:
        """The id of a new backup."""
        self.run(self.plan_backup(*datastores))
        return str(self.outputs["publish"]["id"])

    def restore_plan(self, backup: str, mode: str = "swap", datastore: str = "postgres") -> Plan:
        params = {"datastore": datastore, "backup": backup, "mode": mode}
        return self.plan(RESTORE, RestoreParams.model_validate(params))

    def restore(self, backup: str, mode: str = "swap", datastore: str = "postgres") -> TestWork:
        return self.run(self.restore_plan(backup, mode, datastore))


class _or_none(dict[str, JsonObject]):  # noqa: N801
    """Outputs in which what a step never gave is None."""

    def __missing__(self, key: str) -> JsonObject:
        return _Nothing()


class _Nothing(dict[str, Any]):
    def __missing__(self, key: str) -> None:
        return None
