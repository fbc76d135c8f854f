"""Rehearsing the restore of a mount: into a fresh volume, compared, and served where it can be."""

from collections.abc import Sequence
from pathlib import Path

from playbooks.actions.rehearsing import Findings, rehearsal, rehearsing
from playbooks.errors import DatastoreError, HostError
from playbooks.folders.store import tar_name
from playbooks.hosts.containers.helper import Helper
from playbooks.hosts.containers.likeness import Likeness, likeness
from playbooks.hosts.containers.mounted import mounted
from playbooks.hosts.containers.sandbox import Recipe, Sandbox, sandbox
from playbooks.hosts.docker import engine
from playbooks.model.base import JsonObject, Model
from playbooks.model.stack import Stack
from playbooks.model.volumes import MountedStore, VolumeStore
from playbooks.ports import Work
from playbooks.registry import Action
from playbooks.volumes.store import mounted_store
from playbooks.volumes.stream import Moving, measured

_LONG = 24 * 3600.0


class RehearseArgs(Model):
    """A datastore that is a mount, and what was fetched of a backup; `digest` is its index's,
    `image` what its service runs on."""

    datastore: str
    backup: str
    files: dict[str, Path]
    digest: str
    image: str


def rehearse(work: Work, args: RehearseArgs) -> JsonObject:
    """Fills a fresh volume of a throwaway container and reads it whole. A `Rehearsal`.

    Where the datastore belongs to one server (Azurite, TerminusDB) and its container has a check of
    its own, that server is started on it, without a network, until the check passes. Raises
    HostError, NoSpace.
    """
    store, findings = mounted_store(work.stack, args.datastore), Findings()
    alike = _likeness(work.stack, store)
    recipe = _recipe(store, args.image, alike)
    with sandbox(work.run, args.datastore, recipe) as box, rehearsing(findings):
        _fill_and_compare(work, args, store, box, findings)
        if alike is not None and alike.health:
            _serve(work, box, alike.health, work.stack.service(store.service).start_seconds)
            findings.passed("its server starts on it and is healthy")
    return rehearsal(findings)


def _fill_and_compare(
    work: Work, args: RehearseArgs, store: MountedStore, box: Sandbox, findings: Findings
) -> None:
    name = tar_name(args.datastore)
    if name not in args.files:
        raise DatastoreError(f"the backup has no {name}")
    size = args.files[name].stat().st_size
    with engine(_LONG) as client, args.files[name].open("rb") as archive:
        # From above: the engine gives a folder that it unpacks into no owner and no mode.
        above, _, below = store.path.rpartition("/")
        carrier, moving = Helper(client, box.id), Moving(archive, below)
        carrier.put(
            above or "/", moving.chunks(lambda done: work.progress(done, size), work.check_stop)
        )
        findings.passed("unpacks")
        found = measured(
            carrier.take(f"{store.path}/."),
            lambda done: work.progress(done, size),
            work.check_stop,
            moving.undressed,
        )
    findings.look(
        "contents, owners, modes and times",
        [] if found.digest == args.digest else ["what was unpacked is not equal to the backup"],
    )


def _serve(work: Work, box: Sandbox, health: Sequence[str], seconds: float) -> None:
    """Raises DatastoreError when the server ends or is not healthy in time."""
    box.start()
    try:
        box.wait_until(lambda: _passes(box, health), seconds, work.check_stop)
    except HostError as error:
        raise DatastoreError(f"its server does not come up on it: {error.message}") from error


def _passes(box: Sandbox, health: Sequence[str]) -> bool:
    try:
        box.output(health)
    except HostError:
        return False
    return True


def _likeness(stack: Stack, store: MountedStore) -> Likeness | None:
    """How the server is run; None where the mount is no server's, or it has no container."""
    if isinstance(store, VolumeStore):
        return None
    mount = mounted(stack, store.service, store.path)
    return likeness(mount.container) if mount else None


def _recipe(store: MountedStore, image: str, alike: Likeness | None) -> Recipe:
    if alike is None:
        return Recipe(image=image, argv=("true",), entrypoint=(), fresh=(store.path,))
    return Recipe(
        image=image,
        argv=alike.argv,
        entrypoint=alike.entrypoint,
        environment=alike.environment,
        user=alike.user,
        fresh=(store.path,),
    )


REHEARSE_ACTIONS = (Action("volume.rehearse", RehearseArgs, rehearse),)
