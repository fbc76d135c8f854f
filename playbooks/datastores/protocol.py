"""What every kind of datastore can do: say how it is backed up and how it is restored."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from pydantic import AwareDatetime

from playbooks.model.base import JsonObject, Model
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import Guard, Line, Owed, Risk, Step
from playbooks.model.stack import Stack

Stages = tuple[tuple[Step, ...], ...]


class BackupParams(Model):
    """`datastores` are names; `origin` says why: asked, scheduled or safety."""

    datastores: tuple[str, ...]
    origin: Literal["asked", "scheduled", "safety"] = "asked"


class RestoreParams(Model):
    """Which datastore, from which backup. `latest` and times are an id by now.

    mode "swap" replaces the live data and keeps it, "beside" stops before the swap, "undo" swaps
    back what an earlier swap kept (`backup` is then the id of the run that kept it). `database` is
    one of a server's; empty for all that the datastore has. `at` is the very moment to restore, out
    of the store's archive; `backup` is then the newest one as of then.
    """

    datastore: str
    backup: str
    mode: Literal["swap", "beside", "undo"] = "swap"
    database: str = ""
    at: AwareDatetime | None = None


class DrillParams(Model):
    """Which datastore is to be restored from which backup (its whole id), in a throwaway place."""

    datastore: str
    backup: str


@dataclass(frozen=True)
class BackupPart:
    """How one store is backed up.

    `dump` runs inside an opened backup; its output is the store's entry in the manifest
    (`playbooks.repository.manifest.StoreEntry`). `risk` is CHANGE where something must stop:
    `stops` names the services that are down while `dump` runs; those that ran are started again in
    every ending. The state of the store's own service is read by the playbook; `backup_needs` asks
    for the `service.state` of any other one that it names. `before` is done while all of them
    still run, and changes nothing.
    """

    dump: Step
    risk: Risk
    guards: tuple[Guard, ...]
    affects: tuple[str, ...]
    shown: tuple[Line, ...]
    binding: JsonObject
    stops: tuple[str, ...] = ()
    before: tuple[Step, ...] = ()


@dataclass(frozen=True)
class RestorePart:
    """How one store is restored. The playbook puts the safety backup, the stop and the start of
    the services that use it around these.

    `prepare` brings the data beside the live one and verifies it; `swap` exchanges the two in as
    little time as possible (one stage per act); `finish` clears up afterwards and is idempotent.
    `owed` counts its `since` from the first stage of `swap`. `stops` names the services that are
    down for the swap besides the users of the store, its own server for instance; the states of
    both are read by the playbook, that of any other one is asked for in `restore_needs`. `brings`
    stands for the fetching of the backup where the data come from elsewhere; it has its key.
    `safety` backs up what is left where the store is not whole enough for a backup as usual.
    """

    prepare: Stages
    swap: Stages
    finish: Stages
    owed: tuple[Owed, ...]
    guards: tuple[Guard, ...]
    loses: tuple[str, ...]
    keeps: tuple[str, ...]
    notes: tuple[str, ...]
    shown: tuple[Line, ...]
    binding: JsonObject
    stops: tuple[str, ...] = ()
    brings: Step | None = None
    safety: BackupPart | None = None


@dataclass(frozen=True)
class DrillPart:
    """How a restore of one store is rehearsed. The playbook fetches the backup before, removes
    everything throwaway afterwards, in every ending, and notes what was found.

    `rehearse` is one idempotent step (`playbooks.datastores.drilling.rehearse_step`); its output is
    a `playbooks.model.drill.Rehearsal`. `guards` are for the throwaway copy alone.
    """

    rehearse: Step
    guards: tuple[Guard, ...]
    shown: tuple[Line, ...] = ()
    notes: tuple[str, ...] = ()
    binding: JsonObject = field(default_factory=dict)


class DrillPlanner(Protocol):
    """Pure planning of drills for one kind of datastore. Nothing of the live stack is touched."""

    def drill_needs(self, stack: Stack, params: DrillParams) -> Sequence[FactQuery]: ...

    def drill(self, stack: Stack, params: DrillParams, facts: Facts) -> DrillPart: ...


class DatastorePlanner(Protocol):
    """Pure planning for one kind of datastore. The matching actions and readers do the rest."""

    def backup_needs(self, stack: Stack, name: str) -> Sequence[FactQuery]: ...

    def backup(self, stack: Stack, name: str, facts: Facts) -> BackupPart: ...

    def restore_needs(self, stack: Stack, params: RestoreParams) -> Sequence[FactQuery]: ...

    def restore(self, stack: Stack, params: RestoreParams, facts: Facts) -> RestorePart: ...

    def undo_needs(self, stack: Stack, params: RestoreParams) -> Sequence[FactQuery]: ...

    def undo(self, stack: Stack, params: RestoreParams, facts: Facts) -> RestorePart: ...
