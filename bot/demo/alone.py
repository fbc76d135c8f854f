"""One supervisor a folder."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from bot.demo.errors import DemoError
from bot.demo.places import Places


@contextmanager
def alone(places: Places) -> Iterator[None]:
    """Holds the folder's lock for the length of the block; it ends with the process, however that
    ends. Raises DemoError when another demo has it."""
    with places.lock.open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            other = file.read().strip() or "unknown"
            raise DemoError(
                f"A demo already runs in {places.root} (process {other}).",
                "End that one first, or give this one another folder with --state.",
            ) from error
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield
