"""The names of the databases that a restore makes: beside the live one, and kept after the swap."""

import hashlib
import re

_LONGEST = 63
_RUN = r"[a-z][a-z0-9]{3,15}"
_ROOM = _LONGEST - len("_restore_") - 16


def side_name(database: str, run: str) -> str:
    """Where run `run` brings the data before it takes the place of `database`."""
    return f"{_stem(database)}_restore_{run}"


def kept_name(database: str, run: str) -> str:
    """Where run `run` keeps what was called `database` before."""
    return f"{_stem(database)}_before_{run}"


def run_that_kept(database: str, name: str) -> str | None:
    """The run in the name of a kept copy of `database`; None when `name` is no such copy."""
    match = re.fullmatch(re.escape(f"{_stem(database)}_before_") + f"({_RUN})", name)
    return match.group(1) if match else None


def is_side_of(database: str, name: str) -> bool:
    """Whether some run has made `name` as the side database of `database`."""
    return re.fullmatch(re.escape(f"{_stem(database)}_restore_") + _RUN, name) is not None


def _stem(database: str) -> str:
    """The database's name, or for a long one its beginning and a digest: names end at 63 bytes."""
    encoded = database.encode()
    if len(encoded) <= _ROOM:
        return database
    digest = hashlib.sha256(encoded).hexdigest()[:8]
    return f"{encoded[: _ROOM - 9].decode(errors='ignore')}~{digest}"
