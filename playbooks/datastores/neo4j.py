"""How a Neo4j Community server is backed up and restored. Pure.

Community cannot be dumped while it runs: a backup stops it. A restore loads and checks the dumps in
helpers beside the live data, so that the server is down for some renames only.
"""

from collections.abc import Sequence

from playbooks.datastores import neo4j_steps as steps
from playbooks.datastores.disks import repository_disk, room
from playbooks.datastores.neo4j_model import Contents, DumpFacts, Kept, Neo4jFact, neo4j_store
from playbooks.datastores.protocol import BackupPart, RestoreParams, RestorePart
from playbooks.errors import BadArgument, BrokenBackup, FactUnavailable
from playbooks.folders.places import OWN_PREFIX
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import Guard, Line, Risk
from playbooks.model.stack import Stack
from playbooks.repository.manifest import Manifest, StoreEntry
from playbooks.sizes import counted, in_bytes

# Transaction logs are made anew at their full size.
_ROOM = 1.25
_MOST_LINES = 5


class Neo4jPlanner:
    """A `DatastorePlanner` for Neo4j Community."""

    def backup_needs(self, stack: Stack, name: str) -> Sequence[FactQuery]:
        neo4j_store(stack, name)
        return (_state(name), *repository_disk(stack))

    def backup(self, stack: Stack, name: str, facts: Facts) -> BackupPart:
        """Raises FactUnavailable when there is no container, or nothing in its volume yet."""
        fact, store = _fact(name, facts), neo4j_store(stack, name)
        if not fact.there:
            raise FactUnavailable(
                f"{fact.container} has no database {store.database} in {store.folder} yet."
            )
        return BackupPart(
            dump=steps.dump(stack, name, fact.version),
            before=(steps.note(stack, name),),
            risk=Risk.CHANGE,
            guards=tuple(
                room(f"room for the backup of {name}", query, fact.data_bytes)
                for query in repository_disk(stack)
            ),
            affects=(),
            shown=(
                Line(label=name, value=_now(fact)),
                Line(label=f"Consistency of {name}", value="whole: it is down while it is dumped"),
            ),
            binding={f"{name}.server": f"{fact.image} {fact.version}"},
            stops=(store.service,),
        )

    def restore_needs(self, stack: Stack, params: RestoreParams) -> Sequence[FactQuery]:
        neo4j_store(stack, params.datastore)
        return (_state(params.datastore), _backup(params), *repository_disk(stack))

    def restore(self, stack: Stack, params: RestoreParams, facts: Facts) -> RestorePart:
        """Raises FactUnavailable, BrokenBackup when the backup does not hold it, BadArgument when
        the server cannot read it."""
        name, beside = params.datastore, params.mode == "beside"
        fact, known = _fact(name, facts), facts.of(_backup(params))
        entry = Manifest.model_validate(known["manifest"]).store(name)
        dump = _dump(stack, name, entry)
        version = fact.version or dump.version
        _require_readable(dump, version, fact)
        return RestorePart(
            prepare=steps.prepare(stack, name, version, dump, container=bool(fact.container)),
            swap=() if beside else steps.swap(stack, name, "{run}", steps.RESTORED),
            finish=() if beside else steps.compare(name, dump),
            owed=(),
            guards=_restore_guards(stack, name, entry, dump, fact),
            loses=() if beside else _loses(name, fact, dump),
            keeps=_keeps(stack, name, fact, beside=beside),
            notes=_notes(name, dump, beside=beside),
            shown=(
                Line(label="Now", value=_now(fact)),
                Line(label="Backup", value=f"{_held(dump.contents)}, Neo4j {dump.version}"),
            ),
            binding={
                "checksum": known["checksum"],
                "server": f"{fact.image} {fact.version}",
            },
            stops=() if beside else (neo4j_store(stack, name).service,),
        )

    def undo_needs(self, stack: Stack, params: RestoreParams) -> Sequence[FactQuery]:
        neo4j_store(stack, params.datastore)
        return (_state(params.datastore),)

    def undo(self, stack: Stack, params: RestoreParams, facts: Facts) -> RestorePart:
        """Exchanges the databases with those that run `params.backup` kept.

        Raises FactUnavailable when it kept none, BadArgument when they were never live.
        """
        name, run = params.datastore, params.backup
        fact = _fact(name, facts)
        kept = _kept_by(run, name, fact)
        store, since = neo4j_store(stack, name), f"{kept.since:%Y-%m-%d %H:%M:%S} UTC"
        other = steps.RESTORED if kept.part == steps.ORIGINAL else steps.ORIGINAL
        return RestorePart(
            prepare=(),
            swap=steps.swap(stack, name, run, kept.part),
            finish=(),
            owed=(),
            guards=(),
            loses=(
                f"whatever was written to {name} since the exchange at {since}; now it holds "
                f"{_held(fact.noted.contents)}",
            ),
            keeps=(f"what is live now, in {store.folder}/{OWN_PREFIX}{run}/{other}",),
            notes=(),
            shown=(
                Line(label="Now", value=_now(fact)),
                Line(
                    label="Kept copy",
                    value=f"{store.folder}/{OWN_PREFIX}{run}/{kept.part}, since {since}",
                ),
            ),
            binding={
                "kept": f"{run} {kept.part} since {since}",
                "server": f"{fact.image} {fact.version}",
            },
            stops=(store.service,),
        )


def _fact(name: str, facts: Facts) -> Neo4jFact:
    return Neo4jFact.model_validate(facts.of(_state(name)))


def _dump(stack: Stack, name: str, entry: StoreEntry) -> DumpFacts:
    """Raises BrokenBackup for one of another kind or of another database."""
    if entry.kind != "neo4j":
        raise BrokenBackup(f"The backup of {name} is one of kind {entry.kind}, not neo4j.")
    dump = DumpFacts.model_validate(entry.facts)
    own = neo4j_store(stack, name).database
    if dump.database != own:
        raise BadArgument(
            f"The backup of {name} holds the database {dump.database}, and now it is {own}.",
            f"Set datastores.{name}.database to {dump.database} to restore it.",
        )
    return dump


def _require_readable(dump: DumpFacts, version: str, fact: Neo4jFact) -> None:
    """Another major version would have to migrate what it loads."""
    if dump.version.split(".")[0] != version.split(".", maxsplit=1)[0]:
        raise BadArgument(
            f"The backup is of Neo4j {dump.version}, and {fact.container} is Neo4j {version}.",
            f"Restore it into a server of version {dump.version.split('.')[0]}, then migrate that.",
        )


def _kept_by(run: str, name: str, fact: Neo4jFact) -> Kept:
    found = next((kept for kept in fact.kept if kept.run == run), None)
    if found is None:
        raise FactUnavailable(f"run {run} kept no copy of {name}")
    if found.role == "beside":
        raise BadArgument(
            f"Run {run} restored {name} beside the live databases: it replaced nothing.",
            f"Its copy is {OWN_PREFIX}{run} in the data folder of {fact.container}.",
        )
    return found


def _restore_guards(
    stack: Stack, name: str, entry: StoreEntry, dump: DumpFacts, fact: Neo4jFact
) -> tuple[Guard, ...]:
    beside = int(dump.data_bytes * _ROOM)
    own = (room(f"room for {name} beside the live databases", _state(name), beside),)
    return (
        *(own if fact.container else ()),
        *(
            room(f"room to fetch the backup of {name}", query, entry.bytes)
            for query in repository_disk(stack)
        ),
    )


def _loses(name: str, fact: Neo4jFact, dump: DumpFacts) -> tuple[str, ...]:
    now, then = fact.noted.contents, dump.contents
    if not fact.there:
        return (f"nothing of {name}: there is no database",)
    if now is None:
        return (f"whatever changed in {name} since the backup; not counted: {fact.noted.why}",)
    if then is None:
        return (
            f"whatever changed in {name} since the backup, which was not counted; now there are "
            f"{_held(now)}",
        )
    said = [
        *_changes(name, "node", {"": now.nodes, **now.labels}, {"": then.nodes, **then.labels}),
        *_changes(
            name,
            "relationship",
            {"": now.relationships, **now.types},
            {"": then.relationships, **then.types},
        ),
    ]
    if not said:
        return (f"whatever changed in {name} without a number of nodes or relationships changing",)
    more = len(said) - _MOST_LINES
    rest = [f"and {counted(more, 'more such difference')}"] if more > 0 else []
    return (*said[:_MOST_LINES], *rest)


def _changes(name: str, what: str, now: dict[str, int], then: dict[str, int]) -> list[str]:
    """The sum first, then each label or type whose number differs."""
    return [
        f"{counted(now.get(each, 0), what)}{f' of {each}' if each else ''} in {name} now, "
        f"{then.get(each, 0):,} in the backup"
        for each in sorted(now.keys() | then.keys())
        if now.get(each, 0) != then.get(each, 0)
    ]


def _keeps(stack: Stack, name: str, fact: Neo4jFact, *, beside: bool) -> tuple[str, ...]:
    holder = f"{neo4j_store(stack, name).folder}/{OWN_PREFIX}{{run}}"
    if beside:
        return (f"the live databases as they are; the restored ones will be in {holder}/restored",)
    return (f"the replaced databases, in {holder}/original",) if fact.there else ()


def _notes(name: str, dump: DumpFacts, *, beside: bool) -> tuple[str, ...]:
    notes = []
    if not beside:
        notes.append(
            f"Users and passwords of {name} come back as they were: they are in the backup."
        )
    if dump.contents is None:
        notes.append(
            "What exactly is in the backup was not counted: it was stopped, or written to, when "
            "the backup was made."
        )
    return tuple(notes)


def _now(fact: Neo4jFact) -> str:
    if not fact.container:
        return "it is not there"
    how = _held(fact.noted.contents) if fact.noted.contents else f"not counted, {fact.noted.why}"
    return f"Neo4j {fact.version}, {how}, {in_bytes(fact.data_bytes)}"


def _held(contents: Contents | None) -> str:
    if contents is None:
        return "what was not counted"
    return (
        f"{counted(contents.nodes, 'node')}, {counted(contents.relationships, 'relationship')}, "
        f"{counted(len(contents.constraints), 'constraint')}, "
        f"{counted(len(contents.indexes), 'index', 'indexes')}"
    )


def _state(name: str) -> FactQuery:
    return FactQuery(fact="neo4j.state", args={"datastore": name})


def _backup(params: RestoreParams) -> FactQuery:
    return FactQuery(fact="repository.backup", args={"backup": params.backup})


NEO4J = Neo4jPlanner()
