"""Env files, as docker compose reads them: one variable looked up or replaced. Pure.

Only what means the same to docker compose, to a shell and to us is read and written; anything else
is refused, for a password that is understood in two ways locks somebody out.
"""

import re

_ENTRY = re.compile(
    r"""^(?P<before>[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_][A-Za-z0-9_.-]*)[ \t]*[=:][ \t]*)
        (?P<value>'[^']*'|"(?:[^"\\]|\\.)*"|[^\n]*?)(?P<after>[ \t]*(?:[ \t]\#[^\n]*)?)$""",
    re.MULTILINE | re.VERBOSE,
)
_PLAIN = re.compile(r"[A-Za-z0-9_./:@%+,=^~-]+")
_IN_DOUBLE = frozenset('"$\\`')


def value_in(content: str, name: str) -> str | None:
    """The variable's value, the last one decides; None when it is not there.

    Raises ValueError, without the value, when it is not understood.
    """
    found = [entry for entry in _ENTRY.finditer(content) if entry["name"] == name]
    return _read(found[-1]["value"], name) if found else None


def with_value(content: str, name: str, value: str) -> str:
    """The content with the variable at `value` wherever it stood; all else as it was.

    Raises ValueError, without the value, when it is not there or cannot be written.
    """
    written = _written(value, name)
    if value_in(content, name) is None:
        raise ValueError(f"{name} is not in it")
    return _ENTRY.sub(
        lambda entry: (
            f"{entry['before']}{written}{entry['after']}" if entry["name"] == name else entry[0]
        ),
        content,
    )


def _read(text: str, name: str) -> str:
    if text.startswith("'"):
        inside = text[1:-1]
        if len(text) < 2 or not text.endswith("'") or inside.endswith("\\"):
            raise ValueError(f"the quotes of {name} do not end on their line")
        return inside
    if text.startswith('"'):
        inside = text[1:-1]
        if len(text) < 2 or not text.endswith('"') or _IN_DOUBLE & set(inside):
            raise ValueError(f"{name} has escapes or variables in it; write it in single quotes")
        return inside
    if any(char in text for char in "$\\`'\""):
        raise ValueError(f"{name} has escapes or variables in it; write it in single quotes")
    return text


def _written(value: str, name: str) -> str:
    if _PLAIN.fullmatch(value):
        return value
    if not value.isprintable() or not value:
        raise ValueError(f"the value of {name} has to be printable, on one line")
    if "'" not in value and not value.endswith("\\"):
        return f"'{value}'"
    if not _IN_DOUBLE & set(value):
        return f'"{value}"'
    raise ValueError(
        f"the value of {name} has quotes together with a dollar sign or a backslash, "
        "which env files are read differently for; choose another"
    )
