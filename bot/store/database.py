"""One database, SQLite or PostgreSQL: how transactions are opened."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import sqlalchemy as sa

_WRITES = "interlock_writes"
_KEEPALIVES = {
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "connect_timeout": 10,
}


class Database:
    """Opens transactions. Safe to use from many threads.

    On SQLite every writing transaction begins as IMMEDIATE, so that none fails half-way because
    another one writes; the writers of this process queue on a lock rather than on SQLite's polling.
    """

    def __init__(self, url: str) -> None:
        self.url = sa.make_url(url)
        self.sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _sqlite_engine(self.url) if self.sqlite else _postgres_engine(self.url)
        self._reader = self.engine
        self._writer: AbstractContextManager[Any] = threading.RLock()
        if not self.sqlite:
            # PostgreSQL's default would show each statement another moment.
            self._reader = self.engine.execution_options(isolation_level="REPEATABLE READ")
            self._writer = nullcontext()

    @property
    def path(self) -> Path | None:
        """The SQLite file, or None on PostgreSQL."""
        return Path(self.url.database) if self.sqlite and self.url.database else None

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A transaction that only reads; it sees one moment."""
        with self._reader.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """A transaction that writes: committed at the end, rolled back when an error leaves it."""
        with self._writer, self.engine.connect() as connection:
            writing = connection.execution_options(**{_WRITES: True})
            with writing.begin():
                yield writing

    def close(self) -> None:
        self.engine.dispose()


def _postgres_engine(url: sa.URL) -> sa.Engine:
    return sa.create_engine(url, pool_size=10, max_overflow=20, connect_args=dict(_KEEPALIVES))


def _sqlite_engine(url: sa.URL) -> sa.Engine:
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(url, pool_size=10, max_overflow=20)
    sa.event.listen(engine, "connect", _prepare)
    sa.event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # BEGIN is ours to say
    for pragma in ("journal_mode=WAL", "busy_timeout=30000", "foreign_keys=ON", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def locked(query: sa.Select[Any]) -> sa.Select[Any]:
    """The query, holding its rows until the transaction ends (SQLite's writer holds them all)."""
    return query.with_for_update()
