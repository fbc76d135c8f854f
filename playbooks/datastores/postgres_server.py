"""How the databases of a PostgreSQL server are backed up and restored, together or one. Pure."""

from collections.abc import Mapping, Sequence

from playbooks.datastores import postgres_refusals as refusals
from playbooks.datastores import postgres_words as words
from playbooks.datastores.disks import repository_disk, room
from playbooks.datastores.postgres_archive import (
    Live,
    archive_lines,
    archive_of,
    at_its_moment,
)
from playbooks.datastores.postgres_model import (
    DumpFacts,
    KeptCopy,
    KeptFact,
    ServerDumpFacts,
    ServerFact,
)
from playbooks.datastores.postgres_names import kept_name, side_name
from playbooks.datastores.postgres_steps import (
    dump_server_step,
    prepare_stages,
    reopening,
    swap_stages,
)
from playbooks.datastores.postgres_stores import server_store
from playbooks.datastores.postgres_words import (
    COUNT_SECONDS,
    DUMP_SHARE,
    LOAD_SHARE,
)
from playbooks.datastores.protocol import BackupPart, RestoreParams, RestorePart
from playbooks.errors import FactUnavailable, UnknownName
from playbooks.model.base import JsonObject
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import Guard, Line, Risk
from playbooks.model.stack import Stack
from playbooks.repository.manifest import Manifest, StoreEntry
from playbooks.sizes import counted, in_bytes


class PostgresServerPlanner:
    """A `DatastorePlanner` for all databases of a server. A backup interrupts nothing; each
    database is dumped from a snapshot of its own."""

    def backup_needs(self, stack: Stack, name: str) -> Sequence[FactQuery]:
        archive = (archive_of(name),) if server_store(stack, name).archive else ()
        return (_server(name), *archive, *repository_disk(stack))

    def backup(self, stack: Stack, name: str, facts: Facts) -> BackupPart:
        """Raises FactUnavailable when there is no database, or one that is named is not there."""
        fact = ServerFact.model_validate(facts.of(_server(name)))
        _require_all(stack, name, fact)
        return _backup_part(stack, name, facts, fact)

    def restore_needs(self, stack: Stack, params: RestoreParams) -> Sequence[FactQuery]:
        return (
            _server(params.datastore),
            _rows(params.datastore),
            _backup(params),
            _kept(params),
            *((archive_of(params.datastore),) if params.at else ()),
            *repository_disk(stack),
        )

    def restore(self, stack: Stack, params: RestoreParams, facts: Facts) -> RestorePart:
        """Raises FactUnavailable, BrokenBackup, UnknownName for a database that the backup does
        not hold, and InputError with what stands in the way."""
        name = params.datastore
        fact = ServerFact.model_validate(facts.of(_server(name)))
        known = facts.of(_backup(params))
        entry = Manifest.model_validate(known["manifest"]).store(name)
        chosen = _chosen(params, ServerDumpFacts.model_validate(entry.facts).databases)
        beside = params.mode == "beside"
        for database, dump in chosen.items():
            refusals.require_loadable(stack, f"{name} {database}", fact.of(database), dump)
            if not beside:
                refusals.require_swappable(stack, f"{name} {database}", fact.of(database))
        there = [database for database in chosen if database in fact.databases]
        part = RestorePart(
            prepare=tuple(
                stage
                for database in chosen
                for stage in prepare_stages(stack, params, known["checksum"], database)
            ),
            swap=() if beside else swap_stages(stack, name, params.backup, databases=tuple(chosen)),
            finish=(),
            owed=() if beside else (reopening(name, tuple(chosen)),),
            guards=_guards(stack, name, facts, entry, chosen),
            loses=() if beside else _losses(params, facts, fact, chosen),
            keeps=_keeps(there, tuple(chosen), beside=beside),
            notes=_notes(params, facts, fact, chosen, beside=beside),
            shown=(
                Line(label="Now", value=_now(fact)),
                Line(label="Backup", value=_recorded(chosen)),
            ),
            binding={
                "checksum": known["checksum"],
                "databases": {each: words.identities(fact.of(each)) for each in chosen},
            },
            safety=_backup_part(stack, name, facts, fact),
        )
        sizes = [size for database, size in _sizes(fact).items() if database in chosen]
        rest = _untouched(params, fact, chosen)
        live = Live(_server(name), fact.nowhere, sizes, tuple(chosen), rest)
        return at_its_moment(stack, params, facts, part, live)

    def undo_needs(self, stack: Stack, params: RestoreParams) -> Sequence[FactQuery]:
        server_store(stack, params.datastore)
        return (
            _server(params.datastore),
            _kept(params),
            _rows(params.datastore),
            _rows(params.datastore, params.backup),
        )

    def undo(self, stack: Stack, params: RestoreParams, facts: Facts) -> RestorePart:
        """Exchanges all databases, or the one that is named, with what run `params.backup` kept."""
        name = params.datastore
        fact = ServerFact.model_validate(facts.of(_server(name)))
        kept = KeptFact.model_validate(facts.of(_kept(params)))
        copies = _copies(stack, params, kept)
        for database in copies:
            refusals.require_swappable(stack, f"{name} {database}", fact.of(database))
        there = [database for database in copies if database in fact.databases]
        swapped = tuple(copies)
        return RestorePart(
            prepare=(),
            swap=swap_stages(stack, name, params.backup, params.backup, swapped),
            finish=(),
            owed=(reopening(name, swapped),),
            guards=(),
            loses=_undo_losses(params, facts, kept, copies),
            keeps=_keeps(there, swapped, beside=False),
            notes=words.sessions(*(fact.of(database) for database in copies)),
            shown=(
                Line(label="Now", value=_now(fact)),
                *(
                    Line(label="Kept copy", value=words.kept_line(copy, fact.nowhere))
                    for copy in copies.values()
                ),
            ),
            binding={
                "kept": {database: copy.oid for database, copy in copies.items()},
                "databases": {each: words.identities(fact.of(each)) for each in copies},
            },
        )


def _require_all(stack: Stack, name: str, fact: ServerFact) -> None:
    store = server_store(stack, name)
    missing = [each for each in store.databases if each not in fact.databases]
    if store.databases != "all" and missing:
        raise FactUnavailable(
            f"{stack.name}/{name} has no database {', '.join(missing)} that lets anybody in."
        )
    if not fact.databases:
        raise FactUnavailable(f"{stack.name}/{name} has no database that lets anybody in.")


def _backup_part(stack: Stack, name: str, facts: Facts, fact: ServerFact) -> BackupPart:
    """Of the databases that are there."""
    size = sum(_sizes(fact).values())
    return BackupPart(
        dump=dump_server_step(stack, name, tuple(fact.databases)),
        risk=Risk.READ,
        guards=tuple(
            room(f"room for the backup of {name}", query, int(size * DUMP_SHARE))
            for query in repository_disk(stack)
        ),
        affects=(),
        shown=(
            Line(label=name, value=_now(fact)),
            *archive_lines(name, facts),
            *_left_out(stack, name, fact),
        ),
        binding={
            f"{name}.databases": _oids(fact),
            f"{name}.server": fact.nowhere.server.version,
            **words.container(fact.nowhere, f"{name}.container"),
        },
    )


def _chosen(params: RestoreParams, there: Mapping[str, DumpFacts]) -> dict[str, DumpFacts]:
    if not params.database:
        return dict(there)
    if params.database not in there:
        raise UnknownName(
            f"Backup {params.backup} has no database {params.database!r} of {params.datastore}.",
            f"It has: {', '.join(there)}.",
        )
    return {params.database: there[params.database]}


def _copies(stack: Stack, params: RestoreParams, kept: KeptFact) -> dict[str, KeptCopy]:
    """What the run kept, by the name that it had."""
    found = {
        copy.mark.database: copy
        for copy in kept.copies
        if copy.mark is not None
        and copy.run == params.backup
        and params.database in {"", copy.mark.database}
    }
    if not found:
        what = f"{params.datastore} {params.database}".strip()
        runs = ", ".join(dict.fromkeys(copy.run for copy in kept.copies))
        raise UnknownName(
            f"Run {params.backup} kept no copy of {stack.name}/{what}.",
            f"There are copies of: {runs}." if runs else "There is none of any run.",
        )
    return dict(sorted(found.items()))


def _losses(
    params: RestoreParams, facts: Facts, fact: ServerFact, chosen: Mapping[str, DumpFacts]
) -> tuple[str, ...]:
    answers = (facts.get(_rows(params.datastore)) or {}).get("databases", {})
    why = words.missing(facts, _rows(params.datastore))
    lines = [
        f"{database}: {line}"
        for database, dump in chosen.items()
        for line in words.losses(answers.get(database), why, fact.of(database), dump)
    ]
    return (*lines, *_untouched(params, fact, chosen))


def _untouched(
    params: RestoreParams, fact: ServerFact, chosen: Mapping[str, DumpFacts]
) -> tuple[str, ...]:
    newer = [] if params.database else [each for each in fact.databases if each not in chosen]
    return tuple(f"{each}: nothing; it is not in the backup and stays as it is" for each in newer)


def _undo_losses(
    params: RestoreParams, facts: Facts, kept: KeptFact, copies: Mapping[str, KeptCopy]
) -> tuple[str, ...]:
    queries = _rows(params.datastore), _rows(params.datastore, params.backup)
    live, other = ((facts.get(query) or {}).get("databases", {}) for query in queries)
    lines: list[str] = []
    for database, copy in copies.items():
        if database not in live or database not in other:
            why = words.missing(facts, *queries)
            lines.append(f"{database}: everything written since the restore; not counted: {why}")
            continue
        newest = next(c for c in kept.copies if c.mark and c.mark.database == database) is copy
        found = words.undo_losses(live[database], other[database], copy, newest=newest)
        lines += [f"{database}: {line}" for line in found]
    return tuple(lines)


def _keeps(there: Sequence[str], chosen: Sequence[str], *, beside: bool) -> tuple[str, ...]:
    if beside:
        sides = ", ".join(side_name(each, "{run}") for each in chosen)
        return (f"the live databases as they are; the restored ones will be {sides}",)
    if not there:
        return ()
    kept = ", ".join(kept_name(each, "{run}") for each in there)
    return (f"the replaced databases, whole, as {kept}",)


def _notes(
    params: RestoreParams,
    facts: Facts,
    fact: ServerFact,
    chosen: Mapping[str, DumpFacts],
    *,
    beside: bool,
) -> tuple[str, ...]:
    said = dict.fromkeys(
        line for database, dump in chosen.items() for line in words.notes(fact.of(database), dump)
    )
    kept = facts.get(_kept(params))
    return (
        *said,
        *(() if beside else words.sessions(*(fact.of(database) for database in chosen))),
        *words.earlier_copies(KeptFact.model_validate(kept).copies if kept else ()),
    )


def _guards(
    stack: Stack,
    name: str,
    facts: Facts,
    entry: StoreEntry,
    chosen: Mapping[str, DumpFacts],
) -> tuple[Guard, ...]:
    """Room for what is fetched, and beside the live databases; on one disk for both, and for the
    safety backup."""
    fact = ServerFact.model_validate(facts.of(_server(name)))
    fetched = tuple(
        room(f"room to fetch the backup of {name}", query, entry.bytes)
        for query in repository_disk(stack)
    )
    largest = max(entry.artifact(dump.dump).bytes for dump in chosen.values())
    scratch = words.scratch_guards(name, _server(name), fact.nowhere, largest)
    if fact.data_free_bytes is None:
        return (*fetched, *scratch)
    need = int(sum(dump.description.size_bytes for dump in chosen.values()) * LOAD_SHARE)
    for query in repository_disk(stack):
        if facts.of(query)["device"] == fact.data_device:
            need += entry.bytes + int(sum(_sizes(fact).values()) * DUMP_SHARE)
    if fact.nowhere.scratch_is_data:
        need += largest
    beside = Guard(
        name=f"room for {name} beside the live databases",
        query=_server(name),
        field="data_free_bytes",
        at_least=need,
    )
    return (*fetched, *scratch, beside)


def _sizes(fact: ServerFact) -> dict[str, int]:
    return {
        name: each.description.size_bytes
        for name, each in fact.databases.items()
        if each.description is not None
    }


def _oids(fact: ServerFact) -> JsonObject:
    return {
        name: each.description.oid
        for name, each in fact.databases.items()
        if each.description is not None
    }


def _now(fact: ServerFact) -> str:
    names = ", ".join(fact.databases) or "none"
    total = in_bytes(sum(_sizes(fact).values()))
    many = counted(len(fact.databases), "database")
    return f"{many}, {total}, PostgreSQL {fact.nowhere.server.version}: {names}"


def _recorded(chosen: Mapping[str, DumpFacts]) -> str:
    return f"{counted(len(chosen), 'database')}, {words.recorded(*chosen.values())}"


def _left_out(stack: Stack, name: str, fact: ServerFact) -> tuple[Line, ...]:
    if server_store(stack, name).databases != "all":
        return ()
    said = [f"{each} lets nobody in" for each in fact.closed]
    said += [f"{each} is called like a copy that a restore makes" for each in fact.beside]
    return (Line(label=f"Not in the backup of {name}", value="; ".join(said)),) if said else ()


def _server(name: str) -> FactQuery:
    return FactQuery(fact="postgres.server", args={"datastore": name})


def _rows(name: str, run: str | None = None) -> FactQuery:
    args: JsonObject = {"datastore": name, "seconds": COUNT_SECONDS}
    return FactQuery(
        fact="postgres.server_rows", args=args if run is None else {**args, "run": run}
    )


def _kept(params: RestoreParams) -> FactQuery:
    return FactQuery(fact="postgres.kept", args={"datastore": params.datastore})


def _backup(params: RestoreParams) -> FactQuery:
    return FactQuery(fact="repository.backup", args={"backup": params.backup})


POSTGRES_SERVER = PostgresServerPlanner()
