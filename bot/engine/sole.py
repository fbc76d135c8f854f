"""Only one process carries out the runs of a database: a file lock, or one of PostgreSQL's."""

import fcntl
import time
from pathlib import Path
from typing import IO

import sqlalchemy as sa

from bot.store.database import Database
from playbooks.errors import InterlockError

_ADVISORY_LOCK = 4_711_202_602
_RETRY_SECONDS = 0.2


class AlreadyRunning(InterlockError):
    """Another process works on this database."""


class SoleOwner:
    """Held from `take` until `give_up`, or until the process ends in whatever way."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._file: IO[str] | None = None
        self._connection: sa.Connection | None = None

    def take(self, patience: float = 5.0) -> None:
        """Waits up to `patience` seconds. Raises AlreadyRunning, saying where."""
        deadline = time.monotonic() + patience
        while not self._try():
            if time.monotonic() >= deadline:
                shown = self._database.url.render_as_string(hide_password=True)
                raise AlreadyRunning(
                    f"Another interlock already works on {shown}.", "Stop it first."
                )
            time.sleep(_RETRY_SECONDS)

    def is_ours(self) -> bool:
        """False once PostgreSQL has lost the session that held the lock."""
        if self._connection is None:
            return self._file is not None
        try:
            self._connection.execute(sa.text("SELECT 1"))
            self._connection.commit()
        except sa.exc.SQLAlchemyError:
            return False
        return True

    def give_up(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
        if self._connection is not None:
            self._connection.invalidate()  # ends the session, and its lock with it
            self._connection.close()
            self._connection = None

    def _try(self) -> bool:
        path = self._database.path
        return self._try_file(path.with_name(f"{path.name}.lock")) if path else self._try_session()

    def _try_file(self, path: Path) -> bool:
        file = path.open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        self._file = file
        return True

    def _try_session(self) -> bool:
        connection = self._database.engine.connect()
        statement = sa.text("SELECT pg_try_advisory_lock(:lock)")
        taken = bool(connection.execute(statement, {"lock": _ADVISORY_LOCK}).scalar_one())
        connection.commit()
        if taken:
            self._connection = connection
        else:
            connection.close()
        return taken
