"""The state file: SQLite in WAL mode, one connection used from the event loop's thread.

`synchronous=NORMAL` keeps every committed row over a killed process; only a power cut can lose
the last ones, which a local workspace can afford.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS users(
  id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, real_name TEXT NOT NULL, title TEXT NOT NULL,
  color TEXT NOT NULL, is_bot INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS channels(
  id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, topic TEXT NOT NULL, is_im INTEGER NOT NULL,
  im_user TEXT, creator TEXT NOT NULL, created INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS channel_states(
  channel TEXT PRIMARY KEY, is_private INTEGER NOT NULL, is_archived INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS homes(user TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS members(
  channel TEXT NOT NULL, user TEXT NOT NULL, last_read TEXT NOT NULL DEFAULT '0',
  PRIMARY KEY(channel, user)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS messages(
  channel TEXT NOT NULL, ts TEXT NOT NULL, thread_ts TEXT, visible_to TEXT, author TEXT NOT NULL,
  body TEXT NOT NULL, PRIMARY KEY(channel, ts)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS messages_thread ON messages(channel, thread_ts, ts);
CREATE TABLE IF NOT EXISTS pins(
  channel TEXT NOT NULL, ts TEXT NOT NULL, user TEXT NOT NULL, PRIMARY KEY(channel, ts));
CREATE TABLE IF NOT EXISTS views(
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, user TEXT NOT NULL,
  external_id TEXT, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS views_user ON views(user, seq);
CREATE UNIQUE INDEX IF NOT EXISTS views_external ON views(external_id)
  WHERE external_id IS NOT NULL;
CREATE TABLE IF NOT EXISTS files(
  id TEXT PRIMARY KEY, state TEXT NOT NULL, length INTEGER NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS response_urls(
  id TEXT PRIMARY KEY, channel TEXT NOT NULL, user TEXT NOT NULL, message_ts TEXT,
  uses INTEGER NOT NULL DEFAULT 0, expires REAL NOT NULL);
CREATE INDEX IF NOT EXISTS response_urls_expiry ON response_urls(expires);
CREATE TABLE IF NOT EXISTS deliveries(
  event_id TEXT PRIMARY KEY, attempt INTEGER NOT NULL, due REAL NOT NULL, body TEXT NOT NULL);
"""

CONTENT = ("messages", "pins", "homes", "views", "files", "response_urls", "deliveries")


class Database:
    """One SQLite file; statements are short and never awaited."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, cached_statements=256)
        self._depth = 0
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=5000"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.executescript(SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; a transaction inside another one joins it."""
        if self._depth:
            yield
            return
        self._connection.execute("BEGIN IMMEDIATE")
        self._depth = 1
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        else:
            self._connection.execute("COMMIT")
        finally:
            self._depth = 0

    def run(self, statement: str, values: Sequence[object] = ()) -> int:
        """Executes a statement and returns the number of rows it changed."""
        return self._connection.execute(statement, values).rowcount

    def one(self, statement: str, values: Sequence[object] = ()) -> tuple[Any, ...] | None:
        """The first row, or None."""
        row: tuple[Any, ...] | None = self._connection.execute(statement, values).fetchone()
        return row

    def all(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Every row."""
        return self._connection.execute(statement, values).fetchall()

    def forget_content(self) -> None:
        """Empties everything that was said; people and seeded channels stay."""
        with self.transaction():
            for table in CONTENT:
                self.run(f"DELETE FROM {table}")
            self.run("UPDATE members SET last_read = '0'")

    def close(self) -> None:
        """Closes the file; the write-ahead log is folded in."""
        self._connection.close()
