"""What a backup recorded of a PostgreSQL datastore, read again when a step needs it."""

from pydantic import ValidationError

from playbooks.datastores.postgres_model import DumpFacts
from playbooks.errors import BrokenBackup
from playbooks.model.base import Model
from playbooks.ports import Work
from playbooks.repository.copies import holding


class FromBackup(Model):
    """A datastore, and the backup it comes from; `checksum` is that of the approved manifest."""

    datastore: str
    backup: str
    checksum: str


def dump_name(datastore: str) -> str:
    """The plain name of the dump among a backup's artifacts."""
    return f"{datastore}.dump"


def globals_name(datastore: str) -> str:
    """The plain name of the server's roles among a backup's artifacts."""
    return f"{datastore}.globals.sql"


def recorded(work: Work, args: FromBackup) -> DumpFacts:
    """Raises BrokenBackup when the manifest is not the approved one, or is of another kind."""
    held = holding(work.stack, work.secrets, args.backup)
    if held.checksum != args.checksum:
        raise BrokenBackup(
            f"The manifest of {args.backup} is not the one that was approved.",
            "Ask for the restore again.",
        )
    return dump_facts(held.manifest.store(args.datastore).facts, args.backup, args.datastore)


def dump_facts(facts: object, backup: str, datastore: str) -> DumpFacts:
    """Raises BrokenBackup when the facts are not those of a PostgreSQL dump."""
    try:
        return DumpFacts.model_validate(facts)
    except ValidationError as error:
        raise BrokenBackup(
            f"Backup {backup} does not describe {datastore} as a PostgreSQL database.",
            "Restore from another backup.",
        ) from error
