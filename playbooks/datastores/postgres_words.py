"""What the plans for PostgreSQL databases say, and what binds them. Pure."""

from typing import Any

from playbooks.datastores.postgres_changes import Change, written_since
from playbooks.datastores.postgres_model import (
    Counted,
    DatabaseFact,
    Description,
    DumpFacts,
    KeptCopy,
    Written,
)
from playbooks.model.base import JsonObject
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import Guard
from playbooks.sizes import counted, in_bytes
from playbooks.spans import moment

COUNT_SECONDS = 3.0
# A dump has no indexes and is compressed; this is more than any we have seen.
DUMP_SHARE = 0.5
# Sorting for indexes and the write-ahead log come on top of the database itself.
LOAD_SHARE = 1.25


def losses(
    counting: JsonObject | None, why: str, fact: DatabaseFact, dump: DumpFacts
) -> tuple[str, ...]:
    """What a restore takes away. `counting` is the answer of `postgres.rows`, or `why` not."""
    if fact.description is None:
        return ("nothing: there is no such database now",)
    if counting is None:
        return (f"everything written since the backup; not counted: {why}",)
    live, written = counting_of(counting)
    same = _same_database(fact, fact.description, dump)
    since = written_since(written, dump.description.written) if same else None
    lines = Change(live, dump.counted, "in the backup", since).lines()
    return (*lines, *_schema_changes(fact, fact.description, dump))


def undo_losses(
    live: JsonObject, kept: JsonObject, copy: KeptCopy, *, newest: bool
) -> tuple[str, ...]:
    """What an undo takes away, from two answers of `postgres.rows`. Only the counters of the
    newest copy go on in what is live."""
    now, written = counting_of(live)
    other, _ = counting_of(kept)
    since = written_since(written, copy.mark.written) if newest and copy.mark else None
    return Change(now, other, "in the kept copy", since).lines()


def notes(fact: DatabaseFact, dump: DumpFacts) -> tuple[str, ...]:
    found: list[str] = []
    missing = [role for role in dump.description.roles if role not in fact.roles]
    if missing:
        how = "as they were" if dump.globals.passwords else "without a password"
        found.append(
            f"These roles are missing and will be created {how}, with no right over the server: "
            f"{', '.join(missing)}."
        )
    if fact.server.major != dump.server.major:
        found.append(
            f"The backup is of PostgreSQL {dump.server.version}; "
            f"it is loaded into {fact.server.version}."
        )
    if dump.counted.not_counted:
        found.append(
            f"{counted(len(dump.counted.not_counted), 'table')} of the backup "
            "were not counted; their numbers of rows cannot be compared."
        )
    if fact.data_free_bytes is None:
        found.append("The free space of the server's disk is not known.")
    if "timescaledb" in dump.description.extensions:
        found.append(
            "TimescaleDB's jobs are off in the copy until the exchange, and in what is kept."
        )
    return tuple(found)


def earlier_copies(copies: tuple[KeptCopy, ...]) -> tuple[str, ...]:
    if not copies:
        return ()
    size = in_bytes(sum(copy.size_bytes for copy in copies))
    names = ", ".join(copy.database for copy in copies)
    return (f"Earlier restores keep {size} on the server until somebody drops them: {names}.",)


def sessions(*facts: DatabaseFact) -> tuple[str, ...]:
    """Who is in the databases now."""
    there: dict[str, int] = {}
    for fact in facts:
        for name, count in fact.connections.items():
            there[name] = there.get(name, 0) + count
    if not there:
        return ()
    each = ", ".join(f"{name} {count}" for name, count in there.items())
    total = counted(sum(there.values()), "session")
    return (f"What is still connected at the swap is disconnected; now {total}: {each}.",)


def identities(fact: DatabaseFact) -> JsonObject:
    live = fact.description
    return {
        "server": fact.server.version,
        "cluster": fact.server.system_identifier,
        "database": live.oid if live else None,
        "owner": live.owner if live else None,
        "schema": live.schema_digests.fingerprint if live else None,
        **container(fact),
    }


def container(fact: DatabaseFact, key: str = "container") -> JsonObject:
    return {key: fact.container.model_dump(mode="json")} if fact.container else {}


def now(fact: DatabaseFact) -> str:
    return size(fact, fact.description) if fact.description else "there is no such database"


def size(fact: DatabaseFact, database: Description) -> str:
    return f"{in_bytes(database.size_bytes)}, PostgreSQL {fact.server.version}"


def recorded(*dumps: DumpFacts) -> str:
    rows = sum(sum(dump.counted.rows.values()) for dump in dumps)
    skipped = sum(len(dump.counted.not_counted) for dump in dumps)
    tables = counted(sum(len(dump.counted.rows) for dump in dumps) + skipped, "table")
    least = "at least " if skipped else ""
    total = in_bytes(sum(dump.description.size_bytes for dump in dumps))
    return f"{tables}, {least}{counted(rows, 'row')}, {total}"


def kept_line(copy: KeptCopy, fact: DatabaseFact) -> str:
    since = f", since {moment(copy.mark.at, fact.read_at)}" if copy.mark else ""
    return f"{copy.database}, {in_bytes(copy.size_bytes)}{since}"


def scratch_guards(
    name: str, query: FactQuery, fact: DatabaseFact, dump_bytes: int
) -> tuple[Guard, ...]:
    """Room in the server's container for the dump that is loaded, where one is copied there."""
    if fact.scratch_free_bytes is None:
        return ()
    return (
        Guard(
            name=f"room for the dump of {name} in its container",
            query=query,
            field="scratch_free_bytes",
            at_least=dump_bytes,
        ),
    )


def missing(facts: Facts, *queries: FactQuery) -> str:
    """Why these are not known."""
    reasons = dict.fromkeys(facts.missing.get(query.key, "") for query in queries)
    return "; ".join(reason for reason in reasons if reason) or "it was not asked for"


def counting_of(answer: JsonObject) -> tuple[Counted, Written]:
    """The answer of `postgres.rows`."""
    fields: dict[str, Any] = dict(answer)
    written = Written.model_validate(fields.pop("written"))
    return Counted.model_validate(fields), written


def _schema_changes(fact: DatabaseFact, live: Description, dump: DumpFacts) -> tuple[str, ...]:
    if fact.server.major != dump.server.major:
        return ()
    then = dump.description.schema_digests.definitions
    today = live.schema_digests.definitions
    changed = [part for part, digest in then.items() if today.get(part, digest) != digest]
    if not changed:
        return ()
    return (f"changes of the schema since the backup: {', '.join(changed)}",)


def _same_database(fact: DatabaseFact, live: Description, dump: DumpFacts) -> bool:
    """Whether the backup is of this very database, so that its counters go on."""
    return (fact.server.system_identifier, live.oid) == (
        dump.server.system_identifier,
        dump.description.oid,
    )
