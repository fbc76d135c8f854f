"""A small harbor: a database, a folder, two services, and the bot that operates them."""

import json
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from bot.store.database import Database
from bot.workspace.testing import running_workspace
from playbooks.model.datastores import FilesStore
from playbooks.model.stack import Stack
from playbooks.model.stack_file import load_stack
from tests.support import harbour
from tests.support.bot import end_services
from tests.support.harbor import tree_of
from tests.support.kills.bots import MortalBot
from tests.support.ports import held_ports
from tests.support.postgres import Server, fresh_database
from tests.support.workspace import Sim

# How it behaves is said by a file.
_SERVICE = """
import http.server, pathlib, signal, sys, time
name = sys.argv[2]
mood = pathlib.Path(name + ".mood").read_text() if pathlib.Path(name + ".mood").exists() else ""
if mood == "broken":
    sys.exit("broken")
if mood == "short-lived":
    time.sleep(1)
    sys.exit("tired")
if mood == "late":
    time.sleep(2)
def end(*_):
    pathlib.Path(name + ".ending").touch()
    time.sleep(1)
    sys.exit()
if mood == "slow to end":
    signal.signal(signal.SIGTERM, end)
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"status": "healthy"}')
    def log_message(self, *_):
        pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Answer).serve_forever()
"""
_PEOPLE = {"ana": "operator", "ben": "approver", "cleo": "approver"}
_POLICY: dict[str, Any] = {
    "stacks": ["harbor.yaml"],
    "people": {
        name: {"slack": f"U0{name.upper()}", "roles": [role]} for name, role in _PEOPLE.items()
    },
    "roles": {
        "operator": {"may": ["read", "ask"]},
        "approver": {"may": ["read", "ask", "approve"]},
    },
    "policy": [
        {"risk": "READ", "approvals": 0},
        {"risk": "CHANGE", "approvals": 1, "from": ["approver"]},
        {"risk": "DESTROY", "approvals": 2, "from": ["approver"]},
    ],
    "channels": {"ops-harbor": "C0OPSHARBOR"},
}
# Everything stays: what a test compares with must not be pruned by the next one.
_RETENTION = {"last": 1000}


@dataclass
class World:
    """What a bot works on and what it remembers.

    `hands` type and press; `backed_up` is the content of each datastore in the first backup;
    `known_good` are backups that were verified already.
    """

    folder: Path
    server: Server
    database: str
    stack: Stack
    bot: MortalBot
    memory: Database
    hands: ThreadPoolExecutor
    backed_up: dict[str, dict[str, Any]] = field(default_factory=dict)
    known_good: set[str] = field(default_factory=set)

    @property
    def sim(self) -> Sim:
        return self.bot.sim

    @property
    def uploads(self) -> Path:
        store = self.stack.datastores["uploads"]
        assert isinstance(store, FilesStore)
        return store.path

    def content(self, datastore: str) -> dict[str, Any]:
        """All that a restore brings back, of what is live."""
        return (
            harbour.contents(self.server, self.database)
            if datastore == "postgres"
            else tree_of(self.uploads)
        )

    def damage(self, datastore: str) -> None:
        """What a bad afternoon does to it."""
        if datastore == "postgres":
            harbour.damage(self.server, self.database)
            return
        for path in sorted(self.uploads.iterdir())[::2]:
            path.unlink()
        (self.uploads / "made afterwards.txt").write_text("after the backup")

    def mood(self, service: str, mood: str = "") -> None:
        """How the service behaves from its next start on: late, broken, short-lived, slow to
        end, or well."""
        (self.bot.folder / f"{service}.mood").write_text(mood)

    def healthy(self) -> bool:
        """Whether both services run and answer."""
        ports = [self.stack.service(name).ports[0] for name in ("api", "web")]
        try:
            return all(
                httpx.get(f"http://127.0.0.1:{port}/health", timeout=2).json()["status"]
                == "healthy"
                for port in ports
            )
        except httpx.HTTPError:
            return False


@contextmanager
def world(server: Server, folder: Path, remembers: str = "") -> Iterator[World]:
    """A world in `folder`, its bot not started. `remembers` is the URL of the bot's database,
    SQLite unless given."""
    home = folder / "home"
    home.mkdir(parents=True)
    uploads = folder / "data" / "uploads"
    _fill(uploads)
    with (
        held_ports(2) as ports,
        fresh_database(server) as database,
        running_workspace(state=folder / "workspace", rates=False) as workspace,
        httpx.Client(base_url=workspace.url, timeout=30) as http,
        ThreadPoolExecutor(4, thread_name_prefix="hand") as hands,
    ):
        harbour.build(server, database)
        stack = _write_files(home, _stack(server, database, home, uploads, ports), remembers)
        bot = MortalBot(home, Sim(workspace, http))
        memory = Database(remembers or f"sqlite:///{home / 'interlock.db'}")
        try:
            yield World(folder, server, database, stack, bot, memory, hands)
        finally:
            bot.kill()
            memory.close()
            end_services(home)


def _write_files(home: Path, stack: dict[str, Any], remembers: str) -> Stack:
    """JSON is YAML, so these files are read by the same strict reader as anybody's."""
    (home / "service.py").write_text(_SERVICE)
    (home / "harbor.yaml").write_text(json.dumps(stack, indent=1))
    policy = {**_POLICY, **({"database": remembers} if remembers else {})}
    (home / "interlock.yaml").write_text(json.dumps(policy, indent=1))
    return load_stack(home / "harbor.yaml")


def _stack(
    server: Server, database: str, home: Path, uploads: Path, ports: tuple[int, ...]
) -> dict[str, Any]:
    api, web = ports
    return {
        "name": "harbor",
        "environment": "prod",
        "channel": "ops-harbor",
        "services": {
            "postgres": {},
            "disk": {},
            "api": _service(home, "api", api, "postgres", "disk"),
            "web": _service(home, "web", web, "api", "postgres"),
        },
        "datastores": {
            "postgres": {
                "kind": "postgres",
                "service": "postgres",
                "host": server.host,
                "port": server.port,
                "database": database,
                "user": "postgres",
                "tools": str(server.tools),
            },
            "uploads": {"kind": "files", "service": "disk", "path": str(uploads)},
        },
        "backup": {
            "repository": f"file://{home / 'backups'}",
            "retention": _RETENTION,
            "sets": {"still": ["uploads"]},
            "quiesce": {"still": ["api", "web"]},
        },
    }


def _service(home: Path, name: str, port: int, *needs: str) -> dict[str, Any]:
    return {
        "process": {
            "argv": [sys.executable, str(home / "service.py"), str(port), name],
            "directory": str(home),
            "state": str(home / "services"),
        },
        "ports": [port],
        "needs": list(needs),
        "health": {
            "kind": "http",
            "url": f"http://127.0.0.1:{port}/health",
            "expect": {"status": "healthy"},
        },
    }


def _fill(uploads: Path) -> None:
    uploads.mkdir(parents=True)
    for number in range(20):
        (uploads / f"file {number}.bin").write_bytes(os.urandom(3_000))
    (uploads / "Ladeliste März.txt").write_text("Fähre")
    (uploads / "newest").symlink_to("file 1.bin")
