"""A stack's own rules of backups. Pure."""

from playbooks.errors import BadArgument
from playbooks.model.backup_rules import BackupRules
from playbooks.model.stack import Stack


def rules_of(stack: Stack) -> BackupRules:
    """Raises BadArgument when the stack file names no repository."""
    if stack.backup is None:
        raise BadArgument(
            f"{stack.name} has no backup repository.",
            f"Set backup.repository in the stack file of {stack.name}.",
        )
    return stack.backup
