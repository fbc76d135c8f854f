"""What the datastores of a test system hold: filled, destroyed, and told apart by content."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

import httpx
import psycopg
from obstore.store import AzureStore

from tests.support import fingerprint, neo4j
from tests.support.clouds import ACCOUNT, ACCOUNT_KEY, make_container
from tests.support.docker import Project


class Holding(Protocol):
    """One datastore of a system. `name` is that of the stack file."""

    @property
    def name(self) -> str: ...

    def fill(self) -> None: ...

    def destroy(self) -> None: ...

    def content(self) -> Any:
        """Everything in it, as something that can be compared."""
        ...


def fill(holdings: Sequence[Holding]) -> None:
    """Something in each of them."""
    for holding in holdings:
        holding.fill()


@dataclass(frozen=True)
class Databases:
    """Databases of a PostgreSQL in a container; `filling` are statements by database."""

    name: str
    project: Project
    user: str
    filling: Mapping[str, str]
    destruction: Callable[["Databases"], None]
    service: str = "postgres"

    def fill(self) -> None:
        for database, statements in self.filling.items():
            self.run(database, statements)

    def destroy(self) -> None:
        self.destruction(self)

    def content(self) -> Any:
        """Nothing of a database that is not there."""
        return {database: _database(self._uri(database)) for database in self.filling}

    def run(self, database: str, statements: str) -> None:
        """Statements that end with `;` at the end of a line, each by itself."""
        with psycopg.connect(self._uri(database), autocommit=True) as connection:
            for statement in statements.split(";\n"):
                if statement.strip():
                    connection.execute(statement.encode())

    def clock(self, database: str) -> datetime:
        """Now, as the server sees it, with a little time on both sides."""
        with psycopg.connect(self._uri(database), autocommit=True) as connection:
            connection.execute("SELECT pg_sleep(0.2)")
            now: datetime
            [(now,)] = connection.execute("SELECT clock_timestamp()")
            connection.execute("SELECT pg_sleep(0.2)")
        return now

    def _uri(self, database: str) -> str:
        return self.project.uri(database, self.user, self.service)


@dataclass(frozen=True)
class Folder:
    """A folder of this host."""

    name: str
    path: Path

    def fill(self) -> None:
        (self.path / "deep" / "deeper").mkdir(parents=True, exist_ok=True)
        (self.path / "one.txt").write_text("one")
        (self.path / "deep" / "schön «2».bin").write_bytes(bytes(range(256)) * 64)
        (self.path / "deep" / "deeper" / "three.txt").write_text("three")

    def destroy(self) -> None:
        """A file damaged, a folder gone, a file that was not there before."""
        (self.path / "one.txt").write_text("o\0e")
        shutil.rmtree(self.path / "deep")
        (self.path / "strange.txt").write_text("not from here")

    def content(self) -> Any:
        """Without what restores keep there; times to the second, as archives of containers have
        them."""
        return {
            name: (mode, owners, time and time // 10**9, digest)
            for name, (mode, owners, time, digest) in fingerprint.folder(self.path).items()
            if not name.startswith(".interlock-")
        }


@dataclass(frozen=True)
class EnvFiles:
    """The env files in a folder; `.env` itself is in use."""

    name: str
    folder: Path

    def fill(self) -> None:
        (self.folder / ".env.other").write_text("LOG_LEVEL=INFO\n")

    def destroy(self) -> None:
        with (self.folder / ".env").open("a") as file:
            file.write("# not from here\n")
        (self.folder / ".env.other").unlink()

    def content(self) -> Any:
        return {file.name: file.read_text() for file in self.folder.glob(".env*")}


_KEYS_HASHED = """
local keys, said = redis.call('KEYS', '*'), {}
table.sort(keys)
for _, key in ipairs(keys) do
  local expires = redis.call('PEXPIRETIME', key)
  said[#said + 1] = key .. '=' .. redis.sha1hex(redis.call('DUMP', key)) .. '@' .. expires
end
return #keys .. ':' .. redis.sha1hex(table.concat(said, '|'))
"""


@dataclass(frozen=True)
class Redis:
    """A Redis in a container."""

    name: str
    project: Project
    service: str = "redis"

    def fill(self) -> None:
        for command in (
            ("SET", "greeting", "grüß dich"),
            ("SET", "session", "soon gone", "EX", "86400"),
            ("HSET", "paper:7", "title", "«7»", "pages", "12"),
            ("RPUSH", "queue", "first", "second", "second"),
            ("ZADD", "rank", "1.5", "a", "2.5", "b"),
            ("XADD", "events", "1-1", "kind", "made"),
            ("XADD", "events", "2-1", "kind", "seen"),
            ("XGROUP", "CREATE", "events", "readers", "1-1"),
        ):
            self._say(*command)

    def destroy(self) -> None:
        self._say("FLUSHALL")
        self._say("SET", "strange", "not from here")

    def content(self) -> Any:
        return self._say("EVAL", _KEYS_HASHED, "0").strip()

    def _say(self, *words: str) -> str:
        return self.project.in_container(self.service, "redis-cli", "-e", *words)


@dataclass(frozen=True)
class Neo4j:
    """A Neo4j in a container."""

    name: str
    project: Project

    def fill(self) -> None:
        neo4j.cypher(self.project, *neo4j.FILL)

    def destroy(self) -> None:
        """Nodes gone, a constraint dropped, a node that was not there before."""
        neo4j.cypher(
            self.project,
            "MATCH (p:Paper) WHERE p.id % 3 = 0 DETACH DELETE p",
            "DROP CONSTRAINT paper_id",
            "CREATE (:Strange {said: 'not from here'})",
        )

    def content(self) -> Any:
        return neo4j.fingerprint(self.project)


@dataclass(frozen=True)
class Blobs:
    """Azurite in a container, with one blob container."""

    name: str
    project: Project
    service: str = "azurite"

    def fill(self) -> None:
        make_container(self._endpoint(), "kpis")
        store = self._store()
        store.put("2026/november.json", b'{"value": 7}')
        store.put("large.bin", bytes(range(256)) * 4096)

    def destroy(self) -> None:
        store = self._store()
        store.delete("large.bin")
        store.put("2026/november.json", b"{}")

    def content(self) -> Any:
        store = self._store()
        names = sorted(each["path"] for each in store.list().collect())
        return {name: sha256(store.get(name).bytes()).hexdigest() for name in names}

    def _store(self) -> AzureStore:
        return AzureStore(
            container_name="kpis",
            account_name=ACCOUNT,
            account_key=ACCOUNT_KEY,
            endpoint=self._endpoint(),
            client_options={"allow_http": True},
        )

    def _endpoint(self) -> str:
        host, port = self.project.address(self.service, 10000)
        return f"http://{host}:{port}/{ACCOUNT}"


@dataclass(frozen=True)
class Graphs:
    """TerminusDB in a container, by its HTTP interface."""

    name: str
    project: Project
    password: str
    service: str = "terminusdb"

    def fill(self) -> None:
        self._ask("POST", "db/admin/production", {"label": "Production", "comment": "all of it"})
        for number in range(20):
            document = {"@type": "Product", "name": f"product {number} «ß»"}
            self._ask("POST", "document/admin/production?author=tests&message=fill", document)

    def destroy(self) -> None:
        self._ask("DELETE", "db/admin/production")
        self._ask("POST", "db/admin/strange", {"label": "Strange", "comment": "not from here"})

    def content(self) -> Any:
        """Databases, and the documents of `production`."""
        return self._ask("GET", "db"), self._ask("GET", "document/admin/production?as_list=true")

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        host, port = self.project.address(self.service, 6363)
        answer = httpx.request(
            method,
            f"http://{host}:{port}/api/{path}",
            json=body,
            auth=("admin", self.password),
            timeout=20,
            trust_env=False,
        )
        return (answer.status_code, answer.json())


def _database(uri: str) -> dict[str, Any] | None:
    try:
        return fingerprint.database(uri)
    except psycopg.OperationalError:
        return None
