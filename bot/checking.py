"""`interlock stack check`: reads, and changes nothing."""

import sys
from pathlib import Path

from playbooks.model.stack_file import load_stack


def check_stack(file: Path) -> int:
    """0 and one line about the stack. Raises StackFileError with all that is wrong."""
    stack = load_stack(file)
    managed = sum(stack.managed(name) for name in stack.services)
    parts = [
        f"{len(stack.services)} services ({managed} run by Interlock)",
        f"{len(stack.datastores)} datastores",
        f"backups to {stack.backup.repository}" if stack.backup else "no backups",
    ]
    sys.stdout.write(f"{file}: {stack.environment}/{stack.name} is fine: {', '.join(parts)}.\n")
    return 0
