"""A backup brought here from its repository: fetched first, and its plain copies removed last."""

from playbooks.model.base import JsonObject
from playbooks.model.plan import ActionCall, Owed, Step
from playbooks.repository.listing import Summary

_RELEASE = ActionCall(action="repository.release")

FETCHED_GOES = Owed(
    key="release",
    name="Remove what was fetched",
    call=_RELEASE,
    since=0,
    settled_by="release",
)
"""Plain copies of a backup never outlive the run, however it ends."""


def source_of(backup: Summary) -> JsonObject:
    """The backup, and the copy it comes from where the primary repository lost it."""
    copy = {"repository": backup.repository} if backup.repository else {}
    return {"backup": backup.id, **copy}


def fetch_step(datastore: str, backup: Summary, key: str = "fetch") -> Step:
    """Brings one datastore of the backup, and lets go of it when the run is taken back."""
    return Step(
        key=key,
        name=f"Fetch and verify the backup of {datastore}",
        action="repository.fetch",
        args={**source_of(backup), "datastore": datastore},
        undo=_RELEASE,
        idempotent=True,
    )


def release_step() -> Step:
    """What FETCHED_GOES owes, done as a step when all goes well."""
    return Step(
        key=FETCHED_GOES.key,
        name=FETCHED_GOES.name,
        action=_RELEASE.action,
        idempotent=True,
    )
