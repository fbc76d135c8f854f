"""One variable of an env file, read and changed."""

import os
import re
import shutil
import tempfile
from pathlib import Path

from playbooks.errors import HostError

_LINE = r"^(?:export[ \t]+)?{name}[ \t]*=(.*)$"


def read_variable(file: Path, name: str) -> str | None:
    """Its value, the last one where it stands several times; None where it does not stand. Raises
    HostError."""
    return variable_in(_text(file), name)


def write_variable(file: Path, name: str, value: str | None) -> None:
    """Has this value from one moment to the next, or is gone with None; everything else of the file
    stays as it is. Raises HostError."""
    text = _text(file)
    changed = with_variable(text, name, value)
    if changed == text:
        return
    try:
        _replace(file.resolve(), changed)
    except OSError as error:
        raise HostError(f"{file} cannot be changed: {error.strerror}.") from error


def variable_in(text: str, name: str) -> str | None:
    """Without the quotes around it."""
    found = _pattern(name).findall(text)
    if not found:
        return None
    value: str = found[-1].strip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
        return value[1:-1]
    return value


def with_variable(text: str, name: str, value: str | None) -> str:
    """`value` needs no quotes. What stands several times stands once afterwards."""
    lines = text.splitlines(keepends=True)
    places = [index for index, line in enumerate(lines) if _pattern(name).match(line)]
    written = [] if value is None else [f"{name}={value}\n"]
    if not places:
        if lines and not lines[-1].endswith("\n") and written:
            lines[-1] += "\n"
        return "".join([*lines, *written])
    last = places[-1]
    kept = [
        written[0] if written and index == last else line
        for index, line in enumerate(lines)
        if index not in places or (written and index == last)
    ]
    return "".join(kept)


def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(_LINE.format(name=re.escape(name)), re.MULTILINE)


def _text(file: Path) -> str:
    try:
        return file.read_text()
    except OSError as error:
        raise HostError(
            f"{file} cannot be read: {error.strerror}.", "Mend `deploy.variable` in the stack file."
        ) from error


def _replace(file: Path, text: str) -> None:
    """With the owner and the mode that it had."""
    seen = file.stat()
    handle, fresh = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "w") as writing:
            writing.write(text)
            writing.flush()
            os.fsync(writing.fileno())
        shutil.copymode(file, fresh)
        os.chown(fresh, seen.st_uid, seen.st_gid)
        Path(fresh).replace(file)
    finally:
        Path(fresh).unlink(missing_ok=True)
