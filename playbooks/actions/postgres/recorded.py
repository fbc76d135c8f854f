"""What a backup recorded of a PostgreSQL datastore, read again when a step needs it."""

from pydantic import ValidationError

from playbooks.datastores.postgres_model import DumpFacts, dump_facts_of
from playbooks.datastores.postgres_stores import dump_name, globals_name
from playbooks.errors import BrokenBackup
from playbooks.model.base import JsonObject, Model
from playbooks.ports import Work
from playbooks.repository.copies import holding

__all__ = ["FromBackup", "OneDatabase", "dump_facts", "dump_name", "globals_name", "recorded"]


class OneDatabase(Model):
    """A datastore, and of a server which of its databases."""

    datastore: str
    database: str = ""


class FromBackup(OneDatabase):
    """The backup it comes from; `checksum` is that of the approved manifest. What comes out of an
    archive was `recovered` and seen in this very run: facts as a manifest has them."""

    backup: str
    checksum: str
    recovered: JsonObject | None = None


def recorded(work: Work, args: FromBackup) -> DumpFacts:
    """Raises BrokenBackup when the manifest is not the approved one, or is of another kind."""
    if args.recovered is not None:
        return dump_facts(args.recovered, args.backup, args.datastore, args.database)
    held = holding(work.stack, work.secrets, args.backup)
    if held.checksum != args.checksum:
        raise BrokenBackup(
            f"The manifest of {args.backup} is not the one that was approved.",
            "Ask for the restore again.",
        )
    entry = held.manifest.store(args.datastore)
    return dump_facts(entry.facts, args.backup, args.datastore, args.database)


def dump_facts(facts: JsonObject, backup: str, datastore: str, database: str = "") -> DumpFacts:
    """Raises BrokenBackup when the facts are not those of a PostgreSQL dump."""
    try:
        return dump_facts_of(facts, database)
    except (ValidationError, KeyError) as error:
        what = f"the database {database!r} of {datastore}" if database else datastore
        raise BrokenBackup(
            f"Backup {backup} does not describe {what} as a PostgreSQL database.",
            "Restore from another backup.",
        ) from error
