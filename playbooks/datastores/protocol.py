"""What every kind of datastore can do: say how it is backed up and how it is restored."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

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
    back what an earlier swap kept (`backup` is then the id of the run that kept it).
    """

    datastore: str
    backup: str
    mode: Literal["swap", "beside", "undo"] = "swap"


@dataclass(frozen=True)
class BackupPart:
    """How one store is backed up.

    `dump` runs inside an opened backup; its output is the store's entry in the manifest
    (`playbooks.repository.manifest.StoreEntry`). `risk` is CHANGE where something must stop:
    `stops` names the services that are down while `dump` runs, and started again in every ending.
    """

    dump: Step
    risk: Risk
    guards: tuple[Guard, ...]
    affects: tuple[str, ...]
    shown: tuple[Line, ...]
    binding: JsonObject
    stops: tuple[str, ...] = ()


@dataclass(frozen=True)
class RestorePart:
    """How one store is restored. The playbook puts the safety backup, the stop and the start of
    the services that use it around these.

    `prepare` brings the data beside the live one and verifies it; `swap` exchanges the two in as
    little time as possible (one stage per act); `finish` clears up afterwards and is idempotent.
    `owed` counts its `since` from the first stage of `swap`. `stops` names the services that are
    down for the swap besides the users of the store, its own server for instance.
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


class DatastorePlanner(Protocol):
    """Pure planning for one kind of datastore. The matching actions and readers do the rest."""

    def backup_needs(self, stack: Stack, name: str) -> Sequence[FactQuery]: ...

    def backup(self, stack: Stack, name: str, facts: Facts) -> BackupPart: ...

    def restore_needs(self, stack: Stack, params: RestoreParams) -> Sequence[FactQuery]: ...

    def restore(self, stack: Stack, params: RestoreParams, facts: Facts) -> RestorePart: ...

    def undo_needs(self, stack: Stack, params: RestoreParams) -> Sequence[FactQuery]: ...

    def undo(self, stack: Stack, params: RestoreParams, facts: Facts) -> RestorePart: ...
