"""How a PostgreSQL database is backed up and restored. Pure."""

from collections.abc import Sequence

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
    DatabaseFact,
    Description,
    DumpFacts,
    KeptCopy,
    KeptFact,
)
from playbooks.datastores.postgres_names import kept_name, side_name
from playbooks.datastores.postgres_steps import (
    dump_step,
    prepare_stages,
    reopening,
    swap_stages,
)
from playbooks.datastores.postgres_stores import described_store
from playbooks.datastores.postgres_words import (
    COUNT_SECONDS,
    DUMP_SHARE,
    LOAD_SHARE,
)
from playbooks.datastores.protocol import BackupPart, RestoreParams, RestorePart
from playbooks.errors import FactUnavailable, UnknownName
from playbooks.model.base import JsonObject
from playbooks.model.datastores import PostgresStore
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import Guard, Line, Risk
from playbooks.model.stack import Stack
from playbooks.repository.manifest import Manifest, StoreEntry


class PostgresPlanner:
    """A `DatastorePlanner` for PostgreSQL. A backup interrupts nothing."""

    def backup_needs(self, stack: Stack, name: str) -> Sequence[FactQuery]:
        archive = (archive_of(name),) if described_store(stack, name).archive else ()
        return (_database(name), *archive, *repository_disk(stack))

    def backup(self, stack: Stack, name: str, facts: Facts) -> BackupPart:
        """Raises FactUnavailable when there is no such database."""
        fact = DatabaseFact.model_validate(facts.of(_database(name)))
        now = _live(fact, stack, name)
        need = int(now.size_bytes * DUMP_SHARE)
        return BackupPart(
            dump=dump_step(stack, name),
            risk=Risk.READ,
            guards=tuple(
                room(f"room for the backup of {name}", query, need)
                for query in repository_disk(stack)
            ),
            affects=(),
            shown=(Line(label=name, value=words.size(fact, now)), *archive_lines(name, facts)),
            binding={
                f"{name}.database": now.oid,
                f"{name}.server": fact.server.version,
                **words.container(fact, f"{name}.container"),
            },
        )

    def restore_needs(self, stack: Stack, params: RestoreParams) -> Sequence[FactQuery]:
        return (
            _database(params.datastore),
            _rows(params.datastore),
            _backup(params),
            _kept(params),
            *((archive_of(params.datastore),) if params.at else ()),
            *repository_disk(stack),
        )

    def restore(self, stack: Stack, params: RestoreParams, facts: Facts) -> RestorePart:
        """Raises FactUnavailable, BrokenBackup, and InputError with what stands in the way."""
        name, store = params.datastore, described_store(stack, params.datastore)
        fact = DatabaseFact.model_validate(facts.of(_database(name)))
        known = facts.of(_backup(params))
        entry = Manifest.model_validate(known["manifest"]).store(name)
        dump = DumpFacts.model_validate(entry.facts)
        beside = params.mode == "beside"
        refusals.require_loadable(stack, name, fact, dump)
        if not beside:
            refusals.require_swappable(stack, name, fact)
        part = RestorePart(
            prepare=prepare_stages(stack, params, known["checksum"]),
            swap=() if beside else swap_stages(stack, name, params.backup),
            finish=(),
            owed=() if beside else (reopening(name),),
            guards=(
                *_fetch_guards(stack, name, entry),
                *_side_guards(stack, name, fact, facts, entry),
            ),
            loses=()
            if beside
            else words.losses(
                facts.get(_rows(name)), words.missing(facts, _rows(name)), fact, dump
            ),
            keeps=_keeps(store, fact, beside=beside),
            notes=(
                *words.notes(fact, dump),
                *(() if beside else words.sessions(fact)),
                *_earlier_copies(facts, params),
            ),
            shown=(
                Line(label="Now", value=words.now(fact)),
                Line(label="Backup", value=words.recorded(dump)),
            ),
            binding={"checksum": known["checksum"], **words.identities(fact)},
        )
        live = Live(
            _database(name), fact, [fact.description.size_bytes] if fact.description else []
        )
        return at_its_moment(stack, params, facts, part, live)

    def undo_needs(self, stack: Stack, params: RestoreParams) -> Sequence[FactQuery]:
        described_store(stack, params.datastore)
        return (
            _database(params.datastore),
            _kept(params),
            _rows(params.datastore),
            _rows(params.datastore, params.backup),
        )

    def undo(self, stack: Stack, params: RestoreParams, facts: Facts) -> RestorePart:
        """Exchanges the database with the copy that run `params.backup` kept."""
        name, store = params.datastore, described_store(stack, params.datastore)
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
            notes=words.sessions(fact),
            shown=(
                Line(label="Now", value=words.now(fact)),
                Line(label="Kept copy", value=words.kept_line(copy, fact)),
            ),
            binding={"kept": copy.oid, **words.identities(fact)},
        )


def _fetch_guards(stack: Stack, name: str, entry: StoreEntry) -> tuple[Guard, ...]:
    return tuple(
        room(f"room to fetch the backup of {name}", query, entry.bytes)
        for query in repository_disk(stack)
    )


def _side_guards(
    stack: Stack, name: str, fact: DatabaseFact, facts: Facts, entry: StoreEntry
) -> tuple[Guard, ...]:
    """Room for the side database, and on the same disk for what comes into the repository."""
    scratch = words.scratch_guards(name, _database(name), fact, entry.bytes)
    if fact.data_free_bytes is None:
        return scratch
    need = int(DumpFacts.model_validate(entry.facts).description.size_bytes * LOAD_SHARE)
    for query in repository_disk(stack):
        if facts.of(query)["device"] == fact.data_device:
            live = fact.description.size_bytes if fact.description else 0
            need += entry.bytes + int(live * DUMP_SHARE)
    if fact.scratch_is_data:
        need += entry.bytes
    return (
        *scratch,
        Guard(
            name=f"room for {name} beside the live database",
            query=_database(name),
            field="data_free_bytes",
            at_least=need,
        ),
    )


def _undo_losses(
    facts: Facts, params: RestoreParams, kept: KeptFact, copy: KeptCopy
) -> tuple[str, ...]:
    live_query = _rows(params.datastore)
    kept_query = _rows(params.datastore, params.backup)
    live, other = facts.get(live_query), facts.get(kept_query)
    if live is None or other is None:
        why = words.missing(facts, live_query, kept_query)
        return (f"everything written since the restore; rows were not counted: {why}",)
    return words.undo_losses(live, other, copy, newest=kept.copies[0] is copy)


def _keeps(store: PostgresStore, fact: DatabaseFact, *, beside: bool) -> tuple[str, ...]:
    if beside:
        side = side_name(store.database, "{run}")
        return (f"the live database as it is; the restored one will be {side}",)
    if fact.description is None:
        return ()
    kept = kept_name(store.database, "{run}")
    return (f"the replaced database, whole, as {kept}",)


def _earlier_copies(facts: Facts, params: RestoreParams) -> tuple[str, ...]:
    answer = facts.get(_kept(params))
    return words.earlier_copies(KeptFact.model_validate(answer).copies if answer else ())


def _nothing_kept(stack: Stack, params: RestoreParams, kept: KeptFact) -> UnknownName:
    runs = ", ".join(copy.run for copy in kept.copies)
    return UnknownName(
        f"Run {params.backup} kept no copy of {stack.name}/{params.datastore}.",
        f"There are copies of: {runs}." if runs else "There is none of any run.",
    )


def _live(fact: DatabaseFact, stack: Stack, name: str) -> Description:
    if fact.description is None:
        database = described_store(stack, name).database
        raise FactUnavailable(f"There is no database {database!r} for {stack.name}/{name}.")
    return fact.description


def _database(name: str) -> FactQuery:
    return FactQuery(fact="postgres.database", args={"datastore": name})


def _rows(name: str, run: str | None = None) -> FactQuery:
    args: JsonObject = {"datastore": name, "seconds": COUNT_SECONDS}
    return FactQuery(fact="postgres.rows", args=args if run is None else {**args, "run": run})


def _kept(params: RestoreParams) -> FactQuery:
    return FactQuery(fact="postgres.kept", args={"datastore": params.datastore})


def _backup(params: RestoreParams) -> FactQuery:
    return FactQuery(fact="repository.backup", args={"backup": params.backup})


POSTGRES = PostgresPlanner()
