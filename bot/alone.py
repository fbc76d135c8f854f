"""One bot at a time on one SQLite database."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playbooks.errors import InterlockError


class AlreadyRunning(InterlockError):
    """Another bot works on the same database."""


@contextmanager
def alone_on(database: Path | None) -> Iterator[None]:
    """Holds a lock beside the SQLite file for the length of the block; it ends with the process,
    however that ends. None (a database that is shared by design) needs none.

    Raises AlreadyRunning, naming the file and the process that holds it.
    """
    if database is None:
        yield
        return
    path = database.with_name(f"{database.name}.bot")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise AlreadyRunning(
                f"A bot already works on {database} (process {file.read().strip() or 'unknown'}).",
                "Stop that one first, or give this one another database.",
            ) from error
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield
