"""Dressing the side database, and seeing that it is equal to what was backed up."""

from collections.abc import Iterator

from playbooks.actions.postgres.recorded import FromBackup, recorded
from playbooks.byhand import postgres as by_hand
from playbooks.datastores.postgres_model import Counted, Description, DumpFacts
from playbooks.datastores.postgres_names import side_name
from playbooks.errors import DatastoreError
from playbooks.hosts.postgres import databases
from playbooks.hosts.postgres.connection import (
    administering,
    connected,
    postgres_store,
)
from playbooks.hosts.postgres.description import describe, server
from playbooks.hosts.postgres.rows import Budget, count_rows
from playbooks.hosts.postgres.sessions import end_earlier_attempts
from playbooks.model.base import JsonObject
from playbooks.ports import Work
from playbooks.registry import Action

_NAMED = 5
_DAY = 86_400.0
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


def settle_side(work: Work, args: FromBackup) -> JsonObject:
    """Reapplies what a dump leaves out, and lets the planner know its new tables. `{}`."""
    wanted = recorded(work, args).description
    store = postgres_store(work.stack, args.datastore)
    side = side_name(store.database, work.run)
    with administering(store, work.secrets, work.tag) as admin:
        end_earlier_attempts(admin, work.tag)
        databases.dress(admin, side, wanted)
    with connected(store, work.secrets, work.tag, side) as inside:
        inside.execute("ANALYZE")
    return {}


def verify_side(work: Work, args: FromBackup) -> JsonObject:
    """Compares the side database with the backup. `{tables, rows, not_counted, printed_otherwise}`.

    `printed_otherwise` names kinds of objects that are there under the same names while the
    server prints some of them in other words. Raises DatastoreError naming what differs.
    """
    facts = recorded(work, args)
    store = postgres_store(work.stack, args.datastore)
    side = side_name(store.database, work.run)

    def watch(done: int, total: int) -> None:
        work.progress(done, total, "tables")
        work.check_stop()

    with connected(store, work.secrets, work.tag, side) as inside:
        end_earlier_attempts(inside, work.tag)
        counted = count_rows(inside, Budget(_DAY), watch)
        found = describe(inside)
        steps = {str(name): int(step) for name, step in inside.execute(_STEPS)}
        same_major = server(inside).major == facts.server.major
    differences = [*_differences(facts, found, counted, steps)]
    if differences:
        named = "; ".join(differences[:_NAMED])
        more = f" and {len(differences) - _NAMED} more" if len(differences) > _NAMED else ""
        raise DatastoreError(
            f"What was restored is not what was backed up: {named}{more}.",
            "The live database was not touched. Verify the backup, or restore another one.",
        )
    return {
        "tables": len(facts.counted.rows),
        "rows": sum(facts.counted.rows.values()),
        "not_counted": list(facts.counted.not_counted),
        "printed_otherwise": _printed_otherwise(facts.description, found) if same_major else [],
    }


def _differences(
    facts: DumpFacts, found: Description, counted: Counted, steps: dict[str, int]
) -> Iterator[str]:
    wanted = facts.description
    for table, rows in facts.counted.rows.items():
        if counted.rows.get(table) != rows:
            there = counted.rows.get(table)
            yield f"{table} has {'no count' if there is None else there} rows instead of {rows}"
    for section, digest in wanted.schema_digests.names.items():
        if found.schema_digests.names.get(section, digest) != digest:
            yield f"other {section} than in the backup"
    for name, extension in wanted.extensions.items():
        if found.extensions.get(name) != extension:
            yield f"the extension {name} is not {extension.version} in {extension.schema_name}"
    for sequence, last in wanted.sequences.items():
        if _fell_behind(last, found.sequences.get(sequence), steps.get(sequence)):
            yield f"the sequence {sequence} is at {found.sequences.get(sequence)}, not at {last}"
    for what in _EQUAL:
        if _unordered(getattr(found, what)) != _unordered(getattr(wanted, what)):
            yield f"{what.replace('_', ' ')} not as in the backup"


def _unordered(value: object) -> object:
    return frozenset(value) if isinstance(value, tuple) else value


def _fell_behind(last: int | None, now: int | None, step: int | None) -> bool:
    """Values are noted just before the dump, so the dump's own may be further on."""
    if last is None or step is None:
        return False
    return now is None or (now - last) * step < 0


def _printed_otherwise(wanted: Description, found: Description) -> list[str]:
    there = found.schema_digests.definitions
    return [
        section
        for section, digest in wanted.schema_digests.definitions.items()
        if there.get(section, digest) != digest
    ]


VERIFY_ACTIONS = (
    Action("postgres.settle_side", FromBackup, settle_side, by_hand.settle_side),
    Action("postgres.verify_side", FromBackup, verify_side, by_hand.verify_side),
)
