"""postgresql.auto.conf, where ALTER SYSTEM keeps settings. Pure.

It is only edited by us while its server cannot start, and so cannot be told by SQL.
"""

import re

NAME = "postgresql.auto.conf"
_LINE = re.compile(r"^\s*([A-Za-z_][\w.]*)\s*(?:=|\s)")


def with_setting(content: str, name: str, value: str | None) -> str:
    """The content with `name` at `value`, or without it."""
    kept = [line for line in content.splitlines() if not _is(line, name)]
    added = [] if value is None else [f"{name} = '{_escaped(value)}'"]
    return "".join(f"{line}\n" for line in (*kept, *added))


def _is(line: str, name: str) -> bool:
    found = _LINE.match(line)
    return found is not None and found[1].lower() == name.lower()


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "''").replace("\n", "\\n")
