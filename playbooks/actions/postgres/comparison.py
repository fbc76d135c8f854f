"""Whether a database that was restored is equal to what was backed up, check by check."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from playbooks.datastores.postgres_model import Counted, Description, DumpFacts
from playbooks.hosts.postgres.connection import connected
from playbooks.hosts.postgres.description import describe, server
from playbooks.hosts.postgres.rows import count_all
from playbooks.hosts.postgres.sessions import end_earlier_attempts
from playbooks.hosts.postgres.timescale import see_everything
from playbooks.model.datastores import PostgresStore
from playbooks.model.drill import Check
from playbooks.ports import Work

_EQUAL = (
    "owner",
    "settings",
    "privileges",
    "connection_limit",
    "comment",
    "large_objects",
    "not_validated",
)
# A sequence that turned round may be anywhere.
_STEPS = """
    SELECT format('%I.%I', schemaname, sequencename), sign(increment_by)::int
    FROM pg_sequences WHERE NOT cycle
"""


@dataclass(frozen=True)
class Seen:
    """What there is in a database that was restored. `steps` of sequences are 1 or -1."""

    description: Description
    counted: Counted
    steps: dict[str, int]
    major: int


def look(work: Work, store: PostgresStore, database: str) -> Seen:
    """Counts every row, reading the catalogue meanwhile. Raises DatastoreError."""

    def watch(done: int, total: int) -> None:
        work.progress(done, total, "tables")
        work.check_stop()

    with (
        connected(store, work.secrets, work.tag, database) as inside,
        ThreadPoolExecutor(1, thread_name_prefix="catalogue") as aside,
    ):
        end_earlier_attempts(inside, work.tag)
        see_everything(inside)
        description = aside.submit(describe, inside)
        counted = count_all(store, work.secrets, work.tag, database, watch)
        return Seen(
            counted=counted,
            description=description.result(),
            steps={str(name): int(step) for name, step in inside.execute(_STEPS)},
            major=server(inside).major,
        )


def checks(facts: DumpFacts, seen: Seen) -> Iterator[Check]:
    """One for each table, kind of object, extension, sequence and setting of the database."""
    wanted, found = facts.description, seen.description
    for table, rows in facts.counted.rows.items():
        there = seen.counted.rows.get(table)
        count = "no count" if there is None else there
        yield _check(
            f"rows of {table}", there == rows, f"{table} has {count} rows instead of {rows}"
        )
    for section, digest in wanted.schema_digests.names.items():
        same = found.schema_digests.names.get(section, digest) == digest
        yield _check(section, same, f"other {section} than in the backup")
    for name, extension in wanted.extensions.items():
        same = found.extensions.get(name) == extension
        version = f"{extension.version} in {extension.schema_name}"
        yield _check(f"extension {name}", same, f"the extension {name} is not {version}")
    for sequence, last in wanted.sequences.items():
        now = found.sequences.get(sequence)
        behind = _fell_behind(last, now, seen.steps.get(sequence))
        detail = f"the sequence {sequence} is at {now}, not at {last}"
        yield _check(f"sequence {sequence}", not behind, detail)
    for what in _EQUAL:
        same = _unordered(getattr(found, what)) == _unordered(getattr(wanted, what))
        spoken = what.replace("_", " ")
        yield _check(spoken, same, f"{spoken} not as in the backup")


def printed_otherwise(facts: DumpFacts, seen: Seen) -> list[str]:
    """Kinds of objects that the server prints in other words; none between major versions."""
    if seen.major != facts.server.major:
        return []
    there = seen.description.schema_digests.definitions
    return [
        section
        for section, digest in facts.description.schema_digests.definitions.items()
        if there.get(section, digest) != digest
    ]


def _check(name: str, ok: bool, detail: str) -> Check:
    return Check(name=name, ok=ok, detail="" if ok else detail)


def _unordered(value: object) -> object:
    return frozenset(value) if isinstance(value, tuple) else value


def _fell_behind(last: int | None, now: int | None, step: int | None) -> bool:
    """Values are noted just before the dump, so the dump's own may be further on."""
    if last is None or step is None:
        return False
    return now is None or (now - last) * step < 0
