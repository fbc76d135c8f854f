"""How a PostgreSQL database is backed up and restored. Pure."""

from collections.abc import Sequence
from typing import Any

from playbooks.datastores import postgres_refusals as refusals
from playbooks.datastores.postgres_changes import Change, written_since
from playbooks.datastores.postgres_model import (
    Counted,
    DatabaseFact,
    Description,
    DumpFacts,
    KeptCopy,
    KeptFact,
    Written,
)
from playbooks.datastores.postgres_names import kept_name, side_name
from playbooks.datastores.postgres_steps import (
    dump_step,
    prepare_stages,
    reopening,
    swap_stages,
)
from playbooks.datastores.protocol import BackupPart, RestoreParams, RestorePart
from playbooks.errors import BadArgument, FactUnavailable, UnknownName
from playbooks.model.base import JsonObject
from playbooks.model.datastores import PostgresStore
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import Guard, Line, Risk
from playbooks.model.stack import Stack
from playbooks.repository.address import local_root
from playbooks.repository.manifest import Manifest, StoreEntry
from playbooks.repository.of_stack import rules_of
from playbooks.sizes import counted, in_bytes
from playbooks.spans import moment

_COUNT_SECONDS = 3.0
# A dump has no indexes and is compressed; this is more than any we have seen.
_DUMP_SHARE = 0.5
# Sorting for indexes and the write-ahead log come on top of the database itself.
_LOAD_SHARE = 1.25


class PostgresPlanner:
    """A `DatastorePlanner` for PostgreSQL. A backup interrupts nothing."""

    def backup_needs(self, stack: Stack, name: str) -> Sequence[FactQuery]:
        return (_database(name), *_repository_disk(stack))

    def backup(self, stack: Stack, name: str, facts: Facts) -> BackupPart:
        """Raises FactUnavailable when there is no such database."""
        fact = DatabaseFact.model_validate(facts.of(_database(name)))
        now = _live(fact, stack, name)
        need = int(now.size_bytes * _DUMP_SHARE)
        return BackupPart(
            dump=dump_step(stack, name),
            risk=Risk.READ,
            guards=tuple(
                _room(f"room for the backup of {name}", query, need)
                for query in _repository_disk(stack)
            ),
            affects=(),
            shown=(Line(label=name, value=_size(fact, now)),),
            binding={
                f"{name}.database": now.oid,
                f"{name}.server": fact.server.version,
                **({f"{name}.container": _container(fact)} if fact.container else {}),
            },
        )

    def restore_needs(self, stack: Stack, params: RestoreParams) -> Sequence[FactQuery]:
        return (
            _database(params.datastore),
            _rows(params.datastore),
            _backup(params),
            _kept(params),
            *_repository_disk(stack),
        )

    def restore(self, stack: Stack, params: RestoreParams, facts: Facts) -> RestorePart:
        """Raises FactUnavailable, BrokenBackup, and InputError with what stands in the way."""
        name, store = params.datastore, _store(stack, params.datastore)
        fact = DatabaseFact.model_validate(facts.of(_database(name)))
        known = facts.of(_backup(params))
        entry = Manifest.model_validate(known["manifest"]).store(name)
        dump = DumpFacts.model_validate(entry.facts)
        refusals.require_loadable(stack, name, fact, dump)
        beside = params.mode == "beside"
        if not beside:
            refusals.require_swappable(stack, name, fact)
        return RestorePart(
            prepare=prepare_stages(stack, params, known["checksum"]),
            swap=() if beside else swap_stages(stack, name, params.backup),
            finish=(),
            owed=() if beside else (reopening(name),),
            guards=(
                *_fetch_guards(stack, name, entry),
                *_side_guards(stack, name, fact, facts, entry),
            ),
            loses=() if beside else _losses(facts, name, fact, dump),
            keeps=_keeps(store, fact, beside=beside),
            notes=(*_notes(fact, dump, beside=beside), *_earlier_copies(facts, params)),
            shown=(
                Line(label="Now", value=_now(fact)),
                Line(label="Backup", value=_recorded(dump)),
            ),
            binding={"checksum": known["checksum"], **_identities(fact)},
        )

    def undo_needs(self, stack: Stack, params: RestoreParams) -> Sequence[FactQuery]:
        _store(stack, params.datastore)
        return (
            _database(params.datastore),
            _kept(params),
            _rows(params.datastore),
            _rows(params.datastore, params.backup),
        )

    def undo(self, stack: Stack, params: RestoreParams, facts: Facts) -> RestorePart:
        """Exchanges the database with the copy that run `params.backup` kept."""
        name, store = params.datastore, _store(stack, params.datastore)
        fact = DatabaseFact.model_validate(facts.of(_database(name)))
        kept = KeptFact.model_validate(facts.of(_kept(params)))
        copy = kept.of(params.backup)
        if copy is None:
            raise _nothing_kept(stack, params, kept)
        refusals.require_swappable(stack, name, fact)
        return RestorePart(
            prepare=(),
            swap=swap_stages(stack, name, params.backup, kept_by=params.backup),
            finish=(),
            owed=(reopening(name),),
            guards=(),
            loses=_undo_losses(facts, params, kept, copy),
            keeps=_keeps(store, fact, beside=False),
            notes=_sessions(fact),
            shown=(
                Line(label="Now", value=_now(fact)),
                Line(label="Kept copy", value=_copy(copy, fact)),
            ),
            binding={"kept": copy.oid, **_identities(fact)},
        )


def _fetch_guards(stack: Stack, name: str, entry: StoreEntry) -> tuple[Guard, ...]:
    return tuple(
        _room(f"room to fetch the backup of {name}", query, entry.bytes)
        for query in _repository_disk(stack)
    )


def _side_guards(
    stack: Stack, name: str, fact: DatabaseFact, facts: Facts, entry: StoreEntry
) -> tuple[Guard, ...]:
    """Room for the side database, and on the same disk for what comes into the repository."""
    if fact.data_free_bytes is None:
        return ()
    need = int(DumpFacts.model_validate(entry.facts).description.size_bytes * _LOAD_SHARE)
    for query in _repository_disk(stack):
        if facts.of(query)["device"] == fact.data_device:
            live = fact.description.size_bytes if fact.description else 0
            need += entry.bytes + int(live * _DUMP_SHARE)
    return (
        Guard(
            name=f"room for {name} beside the live database",
            query=_database(name),
            field="data_free_bytes",
            at_least=need,
        ),
    )


def _losses(facts: Facts, name: str, fact: DatabaseFact, dump: DumpFacts) -> tuple[str, ...]:
    if fact.description is None:
        return ("nothing: there is no such database now",)
    counting = facts.get(_rows(name))
    if counting is None:
        why = facts.missing.get(_rows(name).key, "it was not asked for")
        return (f"everything written since the backup; not counted: {why}",)
    live, written = _counting(counting)
    same = _same_database(fact, fact.description, dump)
    since = written_since(written, dump.description.written) if same else None
    lines = Change(live, dump.counted, "in the backup", since).lines()
    return (*lines, *_schema_changes(fact, fact.description, dump))


def _undo_losses(
    facts: Facts, params: RestoreParams, kept: KeptFact, copy: KeptCopy
) -> tuple[str, ...]:
    live_query = _rows(params.datastore)
    kept_query = _rows(params.datastore, params.backup)
    answers = facts.get(live_query), facts.get(kept_query)
    if answers[0] is None or answers[1] is None:
        missing = (facts.missing.get(query.key, "") for query in (live_query, kept_query))
        why = "; ".join(reason for reason in missing if reason) or "they were not asked for"
        return (f"everything written since the restore; rows were not counted: {why}",)
    live, written = _counting(answers[0])
    other, _ = _counting(answers[1])
    newest = kept.copies[0] is copy and copy.mark is not None
    since = written_since(written, copy.mark.written) if newest and copy.mark else None
    return Change(live, other, "in the kept copy", since).lines()


def _schema_changes(fact: DatabaseFact, live: Description, dump: DumpFacts) -> tuple[str, ...]:
    if fact.server.major != dump.server.major:
        return ()
    then = dump.description.schema_digests.definitions
    now = live.schema_digests.definitions
    changed = [section for section, digest in then.items() if now.get(section, digest) != digest]
    if not changed:
        return ()
    return (f"changes of the schema since the backup: {', '.join(changed)}",)


def _keeps(store: PostgresStore, fact: DatabaseFact, *, beside: bool) -> tuple[str, ...]:
    if beside:
        side = side_name(store.database, "{run}")
        return (f"the live database as it is; the restored one will be {side}",)
    if fact.description is None:
        return ()
    kept = kept_name(store.database, "{run}")
    return (f"the replaced database, whole, as {kept}",)


def _notes(fact: DatabaseFact, dump: DumpFacts, *, beside: bool) -> tuple[str, ...]:
    notes: list[str] = []
    missing = [role for role in dump.description.roles if role not in fact.roles]
    if missing:
        notes.append(
            f"These roles are missing and will be created without login: {', '.join(missing)}."
        )
    if fact.server.major != dump.server.major:
        notes.append(
            f"The backup is of PostgreSQL {dump.server.version}; "
            f"it is loaded into {fact.server.version}."
        )
    if dump.counted.not_counted:
        notes.append(
            f"{counted(len(dump.counted.not_counted), 'table')} of the backup "
            "were not counted; their numbers of rows cannot be compared."
        )
    if fact.data_free_bytes is None:
        notes.append("The free space of the server's disk is not known.")
    return (*notes, *(() if beside else _sessions(fact)))


def _earlier_copies(facts: Facts, params: RestoreParams) -> tuple[str, ...]:
    answer = facts.get(_kept(params))
    copies = KeptFact.model_validate(answer).copies if answer else ()
    if not copies:
        return ()
    size = in_bytes(sum(copy.size_bytes for copy in copies))
    names = ", ".join(copy.database for copy in copies)
    return (f"Earlier restores keep {size} on the server until somebody drops them: {names}.",)


def _sessions(fact: DatabaseFact) -> tuple[str, ...]:
    if not fact.connections:
        return ()
    each = ", ".join(f"{name} {count}" for name, count in fact.connections.items())
    total = counted(sum(fact.connections.values()), "session")
    return (f"What is still connected at the swap is disconnected; now {total}: {each}.",)


def _identities(fact: DatabaseFact) -> JsonObject:
    live = fact.description
    return {
        "server": fact.server.version,
        "cluster": fact.server.system_identifier,
        "database": live.oid if live else None,
        "owner": live.owner if live else None,
        "schema": live.schema_digests.fingerprint if live else None,
        **({"container": _container(fact)} if fact.container else {}),
    }


def _container(fact: DatabaseFact) -> JsonObject | None:
    return fact.container.model_dump(mode="json") if fact.container else None


def _same_database(fact: DatabaseFact, live: Description, dump: DumpFacts) -> bool:
    """Whether the backup is of this very database, so that its counters go on."""
    return (fact.server.system_identifier, live.oid) == (
        dump.server.system_identifier,
        dump.description.oid,
    )


def _counting(answer: JsonObject) -> tuple[Counted, Written]:
    fields: dict[str, Any] = dict(answer)
    written = Written.model_validate(fields.pop("written"))
    return Counted.model_validate(fields), written


def _nothing_kept(stack: Stack, params: RestoreParams, kept: KeptFact) -> UnknownName:
    runs = ", ".join(copy.run for copy in kept.copies)
    return UnknownName(
        f"Run {params.backup} kept no copy of {stack.name}/{params.datastore}.",
        f"There are copies of: {runs}." if runs else "There is none of any run.",
    )


def _live(fact: DatabaseFact, stack: Stack, name: str) -> Description:
    if fact.description is None:
        database = _store(stack, name).database
        raise FactUnavailable(f"There is no database {database!r} for {stack.name}/{name}.")
    return fact.description


def _now(fact: DatabaseFact) -> str:
    return _size(fact, fact.description) if fact.description else "there is no such database"


def _size(fact: DatabaseFact, database: Description) -> str:
    return f"{in_bytes(database.size_bytes)}, PostgreSQL {fact.server.version}"


def _recorded(dump: DumpFacts) -> str:
    rows = sum(dump.counted.rows.values())
    tables = counted(len(dump.counted.rows) + len(dump.counted.not_counted), "table")
    least = "at least " if dump.counted.not_counted else ""
    return f"{tables}, {least}{counted(rows, 'row')}, {in_bytes(dump.description.size_bytes)}"


def _copy(copy: KeptCopy, fact: DatabaseFact) -> str:
    since = f", since {moment(copy.mark.at, fact.read_at)}" if copy.mark else ""
    return f"{copy.database}, {in_bytes(copy.size_bytes)}{since}"


def _room(name: str, query: FactQuery, at_least: int) -> Guard:
    return Guard(name=name, query=query, field="free_bytes", at_least=at_least)


def _store(stack: Stack, name: str) -> PostgresStore:
    store = stack.datastore(name)
    if not isinstance(store, PostgresStore):
        raise BadArgument(f"{stack.name}/{name} is {store.kind}, not postgres.")
    return store


def _database(name: str) -> FactQuery:
    return FactQuery(fact="postgres.database", args={"datastore": name})


def _rows(name: str, run: str | None = None) -> FactQuery:
    args: JsonObject = {"datastore": name, "seconds": _COUNT_SECONDS}
    return FactQuery(fact="postgres.rows", args=args if run is None else {**args, "run": run})


def _kept(params: RestoreParams) -> FactQuery:
    return FactQuery(fact="postgres.kept", args={"datastore": params.datastore})


def _backup(params: RestoreParams) -> FactQuery:
    return FactQuery(fact="repository.backup", args={"backup": params.backup})


def _repository_disk(stack: Stack) -> tuple[FactQuery, ...]:
    """Nothing to ask where the repository is no local folder."""
    root = local_root(rules_of(stack).repository)
    return () if root is None else (FactQuery(fact="disk.free", args={"path": str(root)}),)


POSTGRES = PostgresPlanner()
