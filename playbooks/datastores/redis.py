"""How a Redis server is backed up and restored. Pure.

The snapshot is loaded beside the live data by a throwaway server, which counts its keys and writes
the append-only file where the live one has it. So the exchange is a few renames while the server
is down, and what comes up afterwards has been up before.
"""

from collections.abc import Sequence
from pathlib import PurePosixPath

from playbooks.datastores import redis_steps as steps
from playbooks.datastores.disks import repository_disk
from playbooks.datastores.protocol import BackupPart, RestoreParams, RestorePart, Stages
from playbooks.datastores.redis_model import (
    ORIGINAL,
    OWN_PREFIX,
    RESTORED,
    DumpFacts,
    KeptFact,
    Keys,
    Keyspace,
    Layout,
    RedisFact,
    counts,
    in_order,
)
from playbooks.errors import BadArgument, FactUnavailable
from playbooks.model.base import JsonObject
from playbooks.model.datastores import RedisStore
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import Guard, Line, Risk
from playbooks.model.stack import Stack
from playbooks.repository.manifest import Manifest, StoreEntry
from playbooks.sizes import counted, in_bytes

# A snapshot and the base of the append-only file are much alike.
_SIDE_SHARE = 2.1
# Memory of the throwaway server over that of the data, its child's included.
_MEMORY_SHARE = 1.25


class RedisPlanner:
    """A `DatastorePlanner` for Redis. A backup interrupts nothing."""

    def backup_needs(self, stack: Stack, name: str) -> Sequence[FactQuery]:
        return (_state(stack, name), *repository_disk(stack))

    def backup(self, stack: Stack, name: str, facts: Facts) -> BackupPart:
        """Raises FactUnavailable when the server does not run."""
        fact = _fact(stack, name, facts)
        if fact.layout is None:
            raise FactUnavailable(f"{fact.container_name} does not run, so it writes no snapshot.")
        rooms = [
            Guard(
                name=f"room for the backup of {name}",
                query=query,
                field="free_bytes",
                at_least=fact.used_bytes,
            )
            for query in repository_disk(stack)
        ]
        snapshot = Guard(
            name=f"room for a snapshot in the data folder of {name}",
            query=_state(stack, name),
            field="free_bytes",
            at_least=fact.used_bytes,
        )
        return BackupPart(
            dump=steps.dump(stack, name),
            risk=Risk.READ,
            guards=(*rooms, snapshot),
            affects=(),
            shown=(
                Line(label=name, value=_now(fact)),
                Line(label=f"Consistency of {name}", value="all keys at one moment"),
            ),
            binding={f"{name}.server": _identity(fact)},
        )

    def restore_needs(self, stack: Stack, params: RestoreParams) -> Sequence[FactQuery]:
        return (_state(stack, params.datastore), _backup(params), *repository_disk(stack))

    def restore(self, stack: Stack, params: RestoreParams, facts: Facts) -> RestorePart:
        """Raises FactUnavailable, BrokenBackup, and InputError with what stands in the way."""
        name = params.datastore
        fact, known = _fact(stack, name, facts), facts.of(_backup(params))
        entry = Manifest.model_validate(known["manifest"]).store(name)
        dump = _dump(stack, name, entry)
        layout = _target(fact, dump)
        _require_volume(fact, layout)
        beside = params.mode == "beside"
        return RestorePart(
            prepare=steps.prepare(stack, name, layout, dump),
            swap=()
            if beside
            else steps.swap(stack, name, layout, "{run}", incoming=RESTORED, outgoing=ORIGINAL),
            finish=() if beside else steps.settle(stack, name, layout, "{run}"),
            owed=(),
            guards=_restore_guards(stack, params, entry, dump, facts),
            loses=() if beside else _loses(fact, dump.keys, "in the backup"),
            keeps=_keeps(fact, layout, beside=beside),
            notes=_notes(fact, dump, layout, beside=beside),
            shown=(
                Line(label="Now", value=_now(fact)),
                Line(label="Backup", value=f"{counts(dump.keys)}, Redis {dump.layout.version}"),
            ),
            binding={"checksum": known["checksum"], "server": _identity(fact)},
            stops=() if beside else (_store(stack, name).service,),
        )

    def undo_needs(self, stack: Stack, params: RestoreParams) -> Sequence[FactQuery]:
        return (_state(stack, params.datastore), _kept(params))

    def undo(self, stack: Stack, params: RestoreParams, facts: Facts) -> RestorePart:
        """Exchanges the data with those that run `params.backup` kept, or that its undo kept.

        Raises FactUnavailable when it kept none, BadArgument when they were never live or cannot
        be read by the server as it is set now.
        """
        name, run = params.datastore, params.backup
        fact = _fact(stack, name, facts)
        kept = KeptFact.model_validate(facts.of(_kept(params)))
        layout = fact.layout or _guessed(stack, name, kept)
        _require_readable(params, kept, layout)
        since = f"{kept.since:%Y-%m-%d %H:%M:%S} UTC"
        outgoing = RESTORED if kept.part == ORIGINAL else ORIGINAL
        return RestorePart(
            prepare=(),
            swap=steps.swap(stack, name, layout, run, incoming=kept.part, outgoing=outgoing),
            finish=steps.settle(stack, name, layout, run),
            owed=(),
            guards=(),
            loses=_undo_loses(fact, kept, since),
            keeps=(f"what is live now, in {layout.holder(run)}/{outgoing}",),
            notes=(),
            shown=(
                Line(label="Now", value=_now(fact)),
                Line(label="Kept copy", value=f"{kept.path}, since {since}"),
            ),
            binding={"kept": f"{kept.path} since {since}", "server": _identity(fact)},
            stops=(_store(stack, name).service,),
        )


def _swap(stack: Stack, name: str, layout: Layout) -> Stages:
    return steps.swap(stack, name, layout, "{run}", incoming=RESTORED, outgoing=ORIGINAL)


def _target(fact: RedisFact, dump: DumpFacts) -> Layout:
    """As the server keeps its data now; as it did, where it does not run and cannot say."""
    return fact.layout or dump.layout


def _guessed(stack: Stack, name: str, kept: KeptFact) -> Layout:
    folder = _store(stack, name).folder
    return Layout(version="", folder=folder, append_folder="appendonlydir", aof=kept.aof)


def _dump(stack: Stack, name: str, entry: StoreEntry) -> DumpFacts:
    if entry.kind != "redis":
        raise BadArgument(f"The backup of {stack.name}/{name} is one of {entry.kind}, not redis.")
    return DumpFacts.model_validate(entry.facts)


def _require_volume(fact: RedisFact, layout: Layout) -> None:
    inside = PurePosixPath(layout.folder)
    if not any(inside.is_relative_to(mount) for mount in fact.mounts):
        raise BadArgument(
            f"The data folder {layout.folder} of {fact.container_name} is in no volume: what is "
            "restored there would be gone with the container.",
            "Mount a volume there in the compose file.",
        )


def _require_readable(params: RestoreParams, kept: KeptFact, layout: Layout) -> None:
    name = params.datastore
    if kept.role != "kept":
        raise BadArgument(
            f"Run {kept.run} restored {name} beside the live data: it replaced nothing.",
            f"Its copy is {kept.path}.",
        )
    if layout.aof and not kept.aof:
        raise BadArgument(
            f"{name} has an append-only file now, and {kept.path} has none: the server would come "
            "up without any keys.",
            "Set appendonly to no, undo, and set it to yes again.",
        )
    if not layout.aof and kept.aof and not kept.snapshot:
        raise BadArgument(
            f"{name} has no append-only file now, and {kept.path} has nothing else: the server "
            "would come up without any keys.",
            "Set appendonly to yes, undo, and set it to no again.",
        )


def _restore_guards(
    stack: Stack, params: RestoreParams, entry: StoreEntry, dump: DumpFacts, facts: Facts
) -> tuple[Guard, ...]:
    """Room for what is fetched, on the repository's disk; for what the throwaway server reads and
    writes, in the data folder; memory for that server. The safety backup has its own."""
    name = params.datastore
    fact, query = _fact(stack, name, facts), _state(stack, name)
    beside = int(entry.bytes * _SIDE_SHARE)
    guards = []
    for disk in repository_disk(stack):
        if fact.device and facts.of(disk)["device"] == fact.device:
            beside += entry.bytes
        else:
            guards.append(_at_least(f"room to fetch the backup of {name}", disk, entry.bytes))
    if fact.free_bytes is not None:
        guards.append(_at_least(f"room for {name} beside the live data", query, beside))
    if fact.memory_bytes is not None:
        need = int(dump.used_bytes * _MEMORY_SHARE)
        what = f"memory to load the backup of {name}"
        guards.append(_at_least(what, query, need, field="memory_bytes"))
    return tuple(guards)


def _at_least(name: str, query: FactQuery, bytes_: int, field: str = "free_bytes") -> Guard:
    return Guard(name=name, query=query, field=field, at_least=bytes_)


def _loses(fact: RedisFact, then: Keyspace, where: str) -> tuple[str, ...]:
    """Database by database; keys are counted, not compared."""
    if fact.layout is None:
        return (f"whatever {fact.container_name} held; not counted: it does not run",)
    nothing = Keys(keys=0)
    lines = tuple(
        f"all changes in db{db}: {counted(fact.keys.get(db, nothing).keys, 'key')} now, "
        f"{then.get(db, nothing).keys:,} {where}"
        for db in in_order(fact.keys, then)
    )
    return lines or ("nothing: there are no keys, now or in the backup",)


def _undo_loses(fact: RedisFact, kept: KeptFact, since: str) -> tuple[str, ...]:
    if fact.layout is None:
        return (f"whatever was written since the exchange at {since}; not counted: it is stopped",)
    if kept.keys is None:
        return (f"whatever was written since the exchange at {since}: {counts(fact.keys)} now",)
    return _loses(fact, kept.keys, f"in what was replaced at {since}")


def _keeps(fact: RedisFact, layout: Layout, *, beside: bool) -> tuple[str, ...]:
    holder = f"{layout.folder.rstrip('/')}/{OWN_PREFIX}{{run}}"
    if beside:
        return (f"the live data as they are; the restored ones will be {holder}/{RESTORED}",)
    return (f"the replaced data, as {holder}/{ORIGINAL}",) if fact.running else ()


def _notes(fact: RedisFact, dump: DumpFacts, layout: Layout, *, beside: bool) -> tuple[str, ...]:
    notes = []
    if dump.expires_read:
        ends = counted(dump.expires_read, "key")
        notes.append(f"{ends} in the backup end by themselves: those whose time is over are gone.")
    if layout.aof:
        notes.append("The append-only file is written anew and read back before the exchange.")
    if not fact.running and not beside:
        notes.append(
            f"{fact.container_name} does not run: what is in its data folder stays, as "
            f"{layout.holder('{run}')}/{ORIGINAL}."
        )
    return tuple(notes)


def _now(fact: RedisFact) -> str:
    if fact.layout is None:
        return f"{fact.container_name} does not run"
    aof = "with" if fact.layout.aof else "without"
    return (
        f"{counts(fact.keys)}, {in_bytes(fact.used_bytes)} of memory, "
        f"Redis {fact.layout.version} {aof} an append-only file"
    )


def _identity(fact: RedisFact) -> JsonObject:
    """What must not change between the plan and the run."""
    known = {"container": fact.container_name, "image": fact.image, "running": fact.running}
    if fact.layout is None:
        return known
    return {**known, "folder": fact.layout.folder, "aof": fact.layout.aof}


def _fact(stack: Stack, name: str, facts: Facts) -> RedisFact:
    return RedisFact.model_validate(facts.of(_state(stack, name)))


def _store(stack: Stack, name: str) -> RedisStore:
    store = stack.datastore(name)
    if not isinstance(store, RedisStore):
        raise BadArgument(f"{stack.name}/{name} is {store.kind}, not redis.")
    return store


def _state(stack: Stack, name: str) -> FactQuery:
    _store(stack, name)
    return FactQuery(fact="redis.state", args={"datastore": name})


def _kept(params: RestoreParams) -> FactQuery:
    return FactQuery(fact="redis.kept", args={"datastore": params.datastore, "run": params.backup})


def _backup(params: RestoreParams) -> FactQuery:
    return FactQuery(fact="repository.backup", args={"backup": params.backup})


REDIS = RedisPlanner()
