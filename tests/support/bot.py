"""The real bot in a process of its own, beside a real workspace, on a small real stack."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.support.ports import free_port
from tests.support.workspace import Sim

ROOT = Path(__file__).parents[2]
_MAIN = (
    "import asyncio, datetime, pathlib, sys; from bot.app import run; "
    "from bot.environment import BotSettings; ahead = pathlib.Path(sys.argv[1]); "
    "asyncio.run(run(BotSettings(), lambda address: print('ready', address, flush=True), "
    "lambda: datetime.datetime.now(datetime.UTC) + "
    "datetime.timedelta(0, float(ahead.read_text()))))"
)
_SERVICE = """
import http.server, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = b'{"status": "healthy"}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
print("listening on", sys.argv[1], flush=True)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Answer).serve_forever()
"""
_POLICY = {
    "people": {
        "ana": {"slack": "U0ANA", "roles": ["operator"]},
        "ben": {"slack": "U0BEN", "roles": ["approver"]},
        "cleo": {"slack": "U0CLEO", "roles": ["approver"]},
        "dora": {"slack": "U0DORA", "roles": ["approver", "auditor"]},
        "eve": {"slack": "U0EVE", "roles": ["viewer"]},
    },
    "roles": {
        "operator": {"may": ["read", "ask"]},
        "approver": {"may": ["read", "ask", "approve"]},
        "auditor": {"may": ["audit", "download"]},
        "viewer": {"may": ["read"]},
    },
    "policy": [
        {"risk": "READ", "approvals": 0},
        {"risk": "CHANGE", "operation": "restart", "approvals": 2, "from": ["approver"]},
        {"risk": "CHANGE", "approvals": 1, "from": ["approver"]},
        {"risk": "DESTROY", "approvals": 2, "from": ["approver"]},
    ],
    "channels": {"ops-harbor": "C0OPSHARBOR"},
}


@dataclass
class Bot:
    """A bot's folder and, while it runs, its process, whose clock is `ahead` by so many seconds."""

    folder: Path
    sim: Sim
    mode: str = "socket"
    port: int = 0
    ahead: float = 0.0
    process: subprocess.Popen[str] | None = None
    address: str = ""
    logs: list[Path] = field(default_factory=list)

    def start(self, failpoint: str = "", wait: bool = True) -> None:
        """Starts the process; with `wait`, returns once it hears Slack."""
        log = self.folder / f"bot-{id(self)}-{len(self.logs)}.log"
        self.logs.append(log)
        self.later(0)
        secrets = self.sim.workspace.secrets
        environment = os.environ | {
            "INTERLOCK_CONFIG": str(self.folder / "interlock.yaml"),
            "INTERLOCK_MODE": self.mode,
            "INTERLOCK_PORT": str(self.port),
            "INTERLOCK_FAILPOINT": failpoint,
            "SLACK_BOT_TOKEN": secrets.bot_token,
            "SLACK_APP_TOKEN": secrets.app_token,
            "SLACK_SIGNING_SECRET": secrets.signing_secret,
            "SLACK_API_URL": self.sim.workspace.api_url,
        }
        with log.open("w") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-c", _MAIN, str(self._clock)],
                cwd=ROOT,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        if wait:
            assert self.process.stdout is not None
            for line in self.process.stdout:
                if line.startswith("ready "):
                    self.address = line.split()[1]
                    return
            raise AssertionError(f"the bot did not start:\n{self.log()}")

    def later(self, seconds: float) -> None:
        """Turns its clock on by so much, also while it runs."""
        self.ahead += seconds
        turned = self._clock.with_suffix(".turned")
        turned.write_text(str(self.ahead))
        turned.replace(self._clock)

    @property
    def _clock(self) -> Path:
        return self.folder / f"bot-{id(self)}.ahead"

    def died(self, seconds: float = 15) -> int:
        """Waits until the process is gone; its exit code."""
        assert self.process is not None
        return self.process.wait(seconds)

    def stop(self) -> int:
        """Ends it as a supervisor would."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.died()

    def kill(self) -> None:
        """kill -9."""
        assert self.process is not None
        self.process.kill()
        self.died()

    def end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)

    def log(self) -> str:
        """What the newest process wrote on standard error."""
        return self.logs[-1].read_text()

    def metrics(self) -> str:
        return httpx.get(f"{self.address}/metrics", timeout=5).text

    def health(self) -> httpx.Response:
        return httpx.get(f"{self.address}/healthz", timeout=5)


def write_stack(folder: Path) -> None:
    """`interlock.yaml`, the stack harbor (a folder, api, and web which needs api)."""
    folder.mkdir(parents=True, exist_ok=True)
    uploads = folder / "uploads"
    uploads.mkdir(exist_ok=True)
    (uploads / "one.txt").write_text("one")
    (folder / "service.py").write_text(_SERVICE)
    ports = {"api": free_port(), "web": free_port()}
    stack = {
        "name": "harbor",
        "environment": "prod",
        "channel": "ops-harbor",
        "services": {
            name: _service(folder, name, port, needs=["api"] if name == "web" else [])
            for name, port in ports.items()
        },
        "datastores": {"uploads": {"kind": "files", "path": str(uploads)}},
        "backup": {"repository": f"file://{folder / 'backups'}"},
    }
    # JSON is YAML, so these files are read by the same strict reader as anybody's.
    (folder / "harbor.yaml").write_text(json.dumps(stack, indent=1))
    (folder / "interlock.yaml").write_text(json.dumps(interlock_yaml("harbor.yaml"), indent=1))


def interlock_yaml(stack_file: str) -> dict[str, Any]:
    """The people, roles and policy of tests, with one stack."""
    return {**_POLICY, "stacks": [stack_file]}


def end_services(folder: Path) -> None:
    """Ends what the bot started and left running, by the pid files of this very stack."""
    for file in (folder / "services").glob("*.pid"):
        noted = json.loads(file.read_text())
        pid = int(noted["pid"] if "pid" in noted else noted["identity"]["pid"])
        try:
            os.killpg(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


@contextmanager
def bot_beside(sim: Sim, folder: Path, mode: str = "socket", port: int = 0) -> Iterator[Bot]:
    """A bot that is not started yet; it and the services it started end with the block."""
    write_stack(folder)
    bot = Bot(folder, sim, mode, port)
    try:
        yield bot
    finally:
        bot.end()
        end_services(folder)


def _service(folder: Path, name: str, port: int, needs: list[str]) -> dict[str, Any]:
    return {
        "process": {
            "argv": [sys.executable, str(folder / "service.py"), str(port)],
            "directory": str(folder),
            "state": str(folder / "services"),
        },
        "ports": [port],
        "needs": needs,
        "health": {
            "kind": "http",
            "url": f"http://127.0.0.1:{port}/health",
            "expect": {"status": "healthy"},
        },
    }


def wait_until(condition: Any, what: str, seconds: float = 60) -> Any:
    """The first true thing that `condition` gives; fails with `what` after so many seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"did not happen within {seconds:.0f} s: {what}")
