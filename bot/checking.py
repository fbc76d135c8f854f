"""`interlock stack check`: reads, and changes nothing."""

import sys
from collections.abc import Iterator
from pathlib import Path

from playbooks.model.compose import Compose
from playbooks.model.remarks import remarks
from playbooks.model.stack_file import load_stack


def check_stack(file: Path) -> int:
    """0, one line about the stack, and one for each thing that it leaves open. No secret is
    resolved. Raises StackFileError with all that is wrong."""
    stack = load_stack(file)
    managed = sum(stack.managed(name) for name in stack.services)
    parts = [
        f"{len(stack.services)} services ({managed} run by Interlock)",
        f"{len(stack.datastores)} datastores",
        f"backups to {stack.backup.repository}" if stack.backup else "no backups",
    ]
    sys.stdout.write(f"{file}: {stack.environment}/{stack.name} is fine: {', '.join(parts)}.\n")
    missing = _missing_variables(stack.compose) if stack.compose else ()
    for remark in (*remarks(stack), *missing):
        sys.stdout.write(f"  Note: {remark}.\n")
    return 0


def _missing_variables(compose: Compose) -> Iterator[str]:
    """Required ones without a value, where all env files are here to look at."""
    files = [file for file in compose.env_files if file.is_file()]
    if not compose.required or len(files) < len(compose.env_files):
        return
    given = {name for file in files for name in _given_names(file)}
    if lacking := [name for name in compose.required if name not in given]:
        names = (
            ", ".join(file.name for file in files) or "an env file, which compose.env_files names"
        )
        yield f"{', '.join(lacking)} must have a value in {names}"


def _given_names(file: Path) -> Iterator[str]:
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
        name, given, value = line.strip().removeprefix("export ").partition("=")
        if given and not name.startswith("#") and value.strip().strip("'\""):
            yield name.strip()
