"""`interlock audit verify`: reads, and changes nothing."""

import sys
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from bot.audit import Anchor, AnchorFile, verify
from bot.context import read_configuration
from bot.store.database import Database
from playbooks.errors import InputError

_BROKEN = 1


def verify_audit(config: Path) -> int:
    """0 when the chain is whole, else 1 and a line for each broken entry."""
    configured = read_configuration(config)
    database = Database(configured.file.database_url(configured.folder))
    if database.path and not database.path.exists():
        raise InputError(
            f"There is no database {database.path}.", "Run the bot once, or give another --config."
        )
    anchor = _anchor(AnchorFile(configured.folder / "audit-head.json"))
    try:
        findings = verify(database, anchor)
    except SQLAlchemyError as error:
        why = " ".join(str(error).splitlines()[0].split())
        raise InputError(
            f"The audit cannot be read: {why}.", "Is it Interlock's database?"
        ) from error
    for finding in findings:
        _say(f"{finding.what} {finding.number}: {finding.sentence}")
    if not findings:
        _say("The audit is whole.")
    return _BROKEN if findings else 0


def _anchor(file: AnchorFile) -> Anchor | None:
    try:
        return file.read()
    except ValueError as error:
        raise InputError(
            f"{file.path} does not hold the audit's head.", "Restore it, or remove it."
        ) from error


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
