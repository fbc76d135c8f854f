"""Files that hold a secret: written whole or not at all, the one of before kept meanwhile."""

import os
import stat
from pathlib import Path

from playbooks.dotenv import with_value
from playbooks.errors import HostError
from playbooks.model.rotation import SecretPlace


def kept_at(place: SecretPlace, run: str) -> Path:
    """Where the run keeps the file as it was: beside it, on the same file system."""
    return place.file.with_name(f".{place.file.name}.interlock-{run}")


def present(place: SecretPlace, run: str) -> str:
    """A reference to the value of before this run."""
    kept = kept_at(place, run)
    return place.in_file(kept) if kept.exists() else place.reference


def write(place: SecretPlace, run: str, value: str) -> None:
    """The new value into the file; its mode and owner stay. Raises HostError without the value."""
    kept = kept_at(place, run)
    try:
        if not kept.exists():
            _replace(kept, place.file.read_bytes(), place.file)
        content = kept.read_bytes()
        _replace(place.file, _fresh(place, content, value), place.file)
    except ValueError as error:
        raise HostError(f"{place.file} cannot take the value: {error}.") from error
    except OSError as error:
        raise _unwritable(place.file, error) from error


def put_back(place: SecretPlace, run: str) -> None:
    """The file as it was before the run, if the run touched it. Raises HostError."""
    kept = kept_at(place, run)
    try:
        if kept.exists():
            kept.replace(place.file)
        _clear(place, run)
    except OSError as error:
        raise _unwritable(place.file, error) from error


def forget(place: SecretPlace, run: str) -> None:
    """Removes what the run kept. Raises HostError."""
    try:
        kept_at(place, run).unlink(missing_ok=True)
        _clear(place, run)
    except OSError as error:
        raise _unwritable(place.file, error) from error


def takes(place: SecretPlace, value: str) -> str:
    """Why the file cannot take the value, or nothing."""
    try:
        _fresh(place, place.file.read_bytes(), value)
    except ValueError as error:
        return f"{place.file} cannot take it: {error}"
    except OSError as error:
        return f"{place.file} cannot be read: {error.strerror}"
    if not os.access(place.file.parent, os.W_OK):
        return f"{place.file.parent} cannot be written to"
    return ""


def _fresh(place: SecretPlace, content: bytes, value: str) -> bytes:
    if place.variable is None:
        return value.encode() + (b"\n" if content.endswith(b"\n") else b"")
    return with_value(content.decode(), place.variable, value).encode()


def _replace(file: Path, content: bytes, like: Path) -> None:
    """Beside it first, with the mode and the owner of `like`, then in its place."""
    about = like.stat()
    side = _side(file)
    descriptor = os.open(side, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as written:
        written.write(content)
        written.flush()
        os.fchown(written.fileno(), about.st_uid, about.st_gid)
        os.fchmod(written.fileno(), stat.S_IMODE(about.st_mode))
        os.fsync(written.fileno())
    side.replace(file)


def _clear(place: SecretPlace, run: str) -> None:
    """What a kill in the middle of writing left."""
    for file in (place.file, kept_at(place, run)):
        _side(file).unlink(missing_ok=True)


def _side(file: Path) -> Path:
    return file.with_name(f".{file.name}.interlock-new")


def _unwritable(file: Path, error: OSError) -> HostError:
    return HostError(
        f"{file} cannot be changed: {error.strerror}.",
        "Interlock needs to read it and to write beside it.",
    )
