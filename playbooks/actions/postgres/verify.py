"""Dressing the side database, and seeing that it is equal to what was backed up."""

from playbooks.actions.postgres.comparison import checks, look, printed_otherwise
from playbooks.actions.postgres.recorded import FromBackup, recorded
from playbooks.byhand import postgres as by_hand
from playbooks.datastores.postgres_model import Description
from playbooks.datastores.postgres_names import side_name
from playbooks.errors import DatastoreError
from playbooks.hosts.postgres import databases
from playbooks.hosts.postgres.analyze import analyze
from playbooks.hosts.postgres.connection import administering, postgres_store
from playbooks.hosts.postgres.sessions import end_earlier_attempts
from playbooks.model.base import JsonObject
from playbooks.model.datastores import PostgresStore
from playbooks.ports import Work
from playbooks.registry import Action

_NAMED = 5


def settle_side(work: Work, args: FromBackup) -> JsonObject:
    """Reapplies what a dump leaves out, and lets the planner know its new tables. `{}`."""
    wanted = recorded(work, args).description
    store = postgres_store(work.stack, args.datastore, args.database)
    settle(work, store, side_name(store.database, work.run), wanted)
    return {}


def settle(work: Work, store: PostgresStore, database: str, wanted: Description) -> None:
    """Gives a loaded database what a dump leaves out, and its planner the new tables."""
    with administering(store, work.secrets, work.tag) as admin:
        end_earlier_attempts(admin, work.tag)
        databases.dress(admin, database, wanted)
    analyze(store, work.secrets, work.tag, database, work.check_stop)


def verify_side(work: Work, args: FromBackup) -> JsonObject:
    """Compares the side database with the backup. `{tables, rows, not_counted, printed_otherwise}`.

    `printed_otherwise` names kinds of objects that are there under the same names while the
    server prints some of them in other words. Raises DatastoreError naming what differs.
    """
    facts = recorded(work, args)
    store = postgres_store(work.stack, args.datastore, args.database)
    seen = look(work, store, side_name(store.database, work.run))
    differences = [check.detail for check in checks(facts, seen) if not check.ok]
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
        "printed_otherwise": printed_otherwise(facts, seen),
    }


VERIFY_ACTIONS = (
    Action("postgres.settle_side", FromBackup, settle_side, by_hand.settle_side),
    Action("postgres.verify_side", FromBackup, verify_side, by_hand.verify_side),
)
