"""Backing up what is mounted into a container: a tar through the engine, and an index of it."""

import tempfile
from dataclasses import asdict
from time import monotonic

from playbooks.actions.storing import entry_of
from playbooks.actions.trees import stored_tree
from playbooks.actions.volumes_rehearse import REHEARSE_ACTIONS
from playbooks.actions.volumes_restore import RESTORE_ACTIONS
from playbooks.byhand import volumes as by_hand
from playbooks.hosts.containers.helper import HelperOrder, helper
from playbooks.hosts.containers.mounted import running_with
from playbooks.model.base import JsonObject, Model
from playbooks.ports import Work
from playbooks.registry import Action
from playbooks.volumes.looking import mount_of, order_for
from playbooks.volumes.store import mounted_store
from playbooks.volumes.stream import CutArchive, Passing

_TRIES = 3


class DumpArgs(Model):
    """A datastore that is a mount, and the id of the backup that is open."""

    datastore: str
    backup: str


def dump(work: Work, args: DumpArgs) -> JsonObject:
    """Stores what is mounted as it is. The output is its StoreEntry, with these `facts`:

    `path`, `volume`; `digest` (of the index: what a restore is compared with), `entries`, `files`,
    `bytes`; `skipped` as `{count, examples}`; `in_use` names the containers that had it mounted
    meanwhile. Where something vanishes while it is read, it is tried again a few times. Raises
    HostError, CutArchive, NoSpace.
    """
    order = order_for(work.stack, args.datastore, run=work.run, purpose="dump", read_only=True)
    for left in reversed(range(_TRIES)):
        try:
            return _dumped(work, args, order)
        except CutArchive:
            if not left:
                raise
    raise AssertionError("the last try returns or raises")


def _dumped(work: Work, args: DumpArgs, order: HelperOrder) -> JsonObject:
    began = monotonic()
    store, mount = mounted_store(work.stack, args.datastore), mount_of(work.stack, args.datastore)
    with helper(order) as carrier, tempfile.TemporaryFile() as index:
        passing = Passing(carrier.take(f"{store.path}/."), index, work.check_stop)
        artifacts = stored_tree(
            work,
            args.datastore,
            args.backup,
            tar=passing.chunks(),
            index=index,
            total=None,
        )
    return entry_of(
        args.datastore,
        store.kind,
        artifacts,
        {
            "path": store.path,
            "volume": mount.name,
            "in_use": list(running_with(mount)),
            **asdict(passing.measure()),
            "skipped": {"count": passing.skipped.count, "examples": passing.skipped.examples},
        },
        began,
    )


ACTIONS = (Action("volume.dump", DumpArgs, dump, by_hand.dump), *REHEARSE_ACTIONS, *RESTORE_ACTIONS)
