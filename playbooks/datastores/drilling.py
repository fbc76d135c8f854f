"""What the drills of all kinds of datastores have in common. Pure."""

from playbooks.datastores.protocol import DrillParams
from playbooks.model.base import JsonObject
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import Guard, Step
from playbooks.model.stack import Stack
from playbooks.repository.manifest import Manifest, StoreEntry


def rehearse_step(
    stack: Stack, kind: str, params: DrillParams, more: JsonObject | None = None
) -> Step:
    """The one step of a drill that is the kind's own. It is repeated after a crash, and so begins
    by removing what an earlier attempt left.

    Its arguments are `{datastore, backup, files}`, files as `repository.fetch` gives them, and
    `more`. Its output is a `playbooks.model.drill.Rehearsal`.
    """
    return Step(
        key=f"rehearse.{params.datastore}",
        name=f"Restore {stack.name}/{params.datastore} in a throwaway place and check it",
        action=f"{kind}.rehearse",
        args={
            "datastore": params.datastore,
            "backup": params.backup,
            "files": {"$from": f"{fetch_key(params.datastore)}.files"},
            **(more or {}),
        },
        idempotent=True,
    )


def fetch_key(datastore: str) -> str:
    """The key of the step that brings a datastore's part of the backup here."""
    return f"fetch.{datastore}"


def backup_of(params: DrillParams) -> FactQuery:
    return FactQuery(fact="repository.backup", args={"backup": params.backup})


def entry_of(params: DrillParams, facts: Facts) -> StoreEntry:
    """What the backup says of the datastore. Raises FactUnavailable, BrokenBackup."""
    manifest = Manifest.model_validate(facts.of(backup_of(params))["manifest"])
    return manifest.store(params.datastore)


def room_of(place: str) -> FactQuery:
    """Free space of `scratch` (fetched and unpacked files), `server` (a throwaway server of this
    host) or `engine` (throwaway containers)."""
    return FactQuery(fact="drill.room", args={"place": place})


def room(name: str, place: str, at_least: int) -> Guard:
    """Room for the throwaway copy of the datastore `name`."""
    return Guard(
        name=f"room to restore {name} beside",
        query=room_of(place),
        field="free_bytes",
        at_least=at_least,
    )
