"""Which of the things that lie directly in a folder belong to a datastore."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

Include = Sequence[str]
"""Names or globs, each for what lies directly in the folder; nothing means all of it."""


def chosen(name: str, include: Include) -> bool:
    """Whether the file or folder of that name belongs to it. A folder belongs as a whole."""
    return not include or any(fnmatchcase(name, pattern.rstrip("/")) for pattern in include)
