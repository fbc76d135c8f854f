"""How what is mounted into a container is backed up and restored. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from playbooks.datastores.disks import TREE_SHARE, fetching_disk, repository_disk, room
from playbooks.datastores.protocol import BackupPart, RestoreParams, RestorePart
from playbooks.datastores.trees import Tree, not_counted, settle_stages, swap_stages, taken_back
from playbooks.datastores.volume_steps import dump_step, prepare_stages
from playbooks.errors import FactUnavailable
from playbooks.folders.places import OWN_PREFIX
from playbooks.model.base import JsonObject
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import Guard, Line, Risk
from playbooks.model.stack import Stack
from playbooks.model.volumes import MountedStore
from playbooks.repository.manifest import Manifest, StoreEntry
from playbooks.sizes import counted, in_bytes
from playbooks.volumes.store import mounted_store


class VolumePlanner:
    """A `DatastorePlanner` for docker volumes and bind mounts.

    A copy in use interrupts nothing and is crash-consistent; where the stack file names what
    writes there, that is down meanwhile.
    """

    def backup_needs(self, stack: Stack, name: str) -> Sequence[FactQuery]:
        store = mounted_store(stack, name)
        return (_state(name), *_services(store.writers), *repository_disk(stack))

    def backup(self, stack: Stack, name: str, facts: Facts) -> BackupPart:
        """Raises FactUnavailable when there is no container to read it from, BadArgument."""
        store, now = mounted_store(stack, name), facts.of(_state(name))
        if not now["there"]:
            raise FactUnavailable(
                f"{stack.name}/{store.service} has no container, so its {store.path} is not there."
            )
        self.check(stack, name, now)
        return BackupPart(
            dump=dump_step(stack, name),
            risk=Risk.CHANGE if store.writers else Risk.READ,
            guards=tuple(
                room(f"room for the backup of {name}", query, int(now["bytes"] * TREE_SHARE))
                for query in repository_disk(stack)
                if now["bytes"] is not None
            ),
            affects=(),
            shown=(
                Line(label=name, value=f"{now['kind']} {now['volume']}, {_contents(now)}"),
                Line(label=f"Consistency of {name}", value=_consistency(store)),
            ),
            binding={f"{name}.volume": now["identity"]},
            stops=store.writers,
        )

    def restore_needs(self, stack: Stack, params: RestoreParams) -> Sequence[FactQuery]:
        store = mounted_store(stack, params.datastore)
        return (
            _state(params.datastore),
            _backup(params),
            _written(params),
            fetching_disk(stack),
            *_services(store.stops),
        )

    def restore(self, stack: Stack, params: RestoreParams, facts: Facts) -> RestorePart:
        """Raises FactUnavailable, BrokenBackup when the backup does not hold it, BadArgument."""
        name, store = params.datastore, mounted_store(stack, params.datastore)
        now, known = facts.of(_state(name)), facts.of(_backup(params))
        entry = Manifest.model_validate(known["manifest"]).store(name)
        beside, tree = params.mode == "beside", _tree(stack, name)
        if now["there"]:
            self.check(stack, name, now)
        return RestorePart(
            prepare=prepare_stages(tree, entry, there=now["there"]),
            swap=() if beside else swap_stages(tree, "{run}"),
            finish=() if beside else settle_stages(tree, "{run}"),
            owed=(),
            guards=_restore_guards(stack, params, entry, facts),
            loses=() if beside else _loses(params, facts, there=now["there"]),
            keeps=_keeps(store, there=now["there"], beside=beside),
            notes=_notes(entry, store, there=now["there"]),
            shown=(
                Line(label="Now", value=_contents(now)),
                Line(label="Backup", value=_contents(entry.facts)),
            ),
            binding={
                "volume": now["identity"],
                "checksum": known["checksum"],
                "digest": entry.facts["digest"],
            },
            stops=_down(store),
        )

    def undo_needs(self, stack: Stack, params: RestoreParams) -> Sequence[FactQuery]:
        store = mounted_store(stack, params.datastore)
        return (_state(params.datastore), _kept(params), *_services(store.stops))

    def undo(self, stack: Stack, params: RestoreParams, facts: Facts) -> RestorePart:
        """Exchanges the content with the copy that run `params.backup` kept.

        Raises FactUnavailable when it kept none, BadArgument when its copy was never live.
        """
        name, store = params.datastore, mounted_store(stack, params.datastore)
        now, kept = facts.of(_state(name)), facts.of(_kept(params))
        part = taken_back(
            _tree(stack, name),
            params.backup,
            kept,
            now=_contents(now),
            keeps=f"what is live now, in {OWN_PREFIX}{params.backup} of the same mount",
            binding={"volume": now["identity"], "kept": f"{kept['path']} {kept['since']}"},
        )
        return replace(part, stops=_down(store))

    def check(self, stack: Stack, name: str, now: JsonObject) -> None:
        """Raises BadArgument where a copy of the mount would not hold the datastore."""


def _tree(stack: Stack, name: str) -> Tree:
    return Tree(stack, name, actions="volume", what="content")


def _down(store: MountedStore) -> tuple[str, ...]:
    return tuple(dict.fromkeys((store.service, *store.stops)))


def _consistency(store: MountedStore) -> str:
    if store.writers:
        return f"whole: {', '.join(store.writers)} is down while it is copied"
    return "crash-consistent: copied in use, as after a power cut"


def _restore_guards(
    stack: Stack, params: RestoreParams, entry: StoreEntry, facts: Facts
) -> tuple[Guard, ...]:
    """What is unpacked in the mount's file system, the fetched tar and the safety backup where the
    repository is: often one disk, and then it needs room for all of them."""
    name, now = params.datastore, facts.of(_state(params.datastore))
    fetching = room(f"room to fetch the backup of {name}", fetching_disk(stack), entry.bytes)
    if now["free_bytes"] is None:
        return (fetching,)
    need = int(entry.facts["bytes"] * TREE_SHARE)
    disk = facts.get(fetching_disk(stack))
    if disk is not None and now["device"] is not None and disk["device"] == now["device"]:
        live = (now.get("bytes") or 0) if params.mode == "swap" else 0
        need += entry.bytes + int(live * TREE_SHARE)
    return (fetching, room(f"room for {name} beside the live content", _state(name), need))


def _loses(params: RestoreParams, facts: Facts, *, there: bool) -> tuple[str, ...]:
    name, query = params.datastore, _written(params)
    if not there:
        return (f"nothing of {name}: it is not there",)
    found = facts.get(query)
    if found is None:
        return not_counted(name, facts, query)
    count = found["files"]
    if not count:
        return (f"nothing that can be seen of {name}: no file was written since the backup",)
    return (
        f"{counted(count, 'file')} of {name} written since the backup will be as in the backup, "
        "or gone; what was removed since will be back",
    )


def _keeps(store: MountedStore, *, there: bool, beside: bool) -> tuple[str, ...]:
    where = f"{store.path}/{OWN_PREFIX}{{run}} of the same mount"
    if beside:
        return (f"the live content as it is; the restored one will be in {where}",)
    return (f"the replaced content, in {where}",) if there else ()


def _notes(entry: StoreEntry, store: MountedStore, *, there: bool) -> tuple[str, ...]:
    notes = []
    in_use, skipped = entry.facts["in_use"], entry.facts["skipped"]["count"]
    if in_use:
        notes.append(
            f"The backup was copied while {', '.join(in_use)} had it mounted: it is "
            "crash-consistent, as after a power cut."
        )
    if skipped:
        notes.append(
            f"{counted(skipped, 'entry', 'entries')} (sockets, pipes, devices) are not in the "
            "backup."
        )
    if not there:
        notes.append(f"{store.service} has no container: one is made, with its volumes.")
    return tuple(notes)


def _contents(facts: JsonObject) -> str:
    if not facts.get("there", True):
        return "it is not there"
    if facts["files"] is None or facts["bytes"] is None:
        return "too much to count in time"
    return f"{counted(facts['files'], 'file')}, {in_bytes(facts['bytes'])}"


def _services(names: Sequence[str]) -> tuple[FactQuery, ...]:
    return tuple(FactQuery(fact="service.state", args={"service": name}) for name in names)


def _state(name: str) -> FactQuery:
    return FactQuery(fact="volume.state", args={"datastore": name})


def _backup(params: RestoreParams) -> FactQuery:
    return FactQuery(fact="repository.backup", args={"backup": params.backup})


def _written(params: RestoreParams) -> FactQuery:
    args = {"datastore": params.datastore, "backup": params.backup}
    return FactQuery(fact="volume.written", args=args)


def _kept(params: RestoreParams) -> FactQuery:
    args = {"datastore": params.datastore, "run": params.backup}
    return FactQuery(fact="volume.kept", args=args)


VOLUME = VolumePlanner()
