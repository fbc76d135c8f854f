"""A real Docker Engine for tests: without one they skip, and in CI a skip of that kind fails."""

import os
import re
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from psycopg.conninfo import make_conninfo

from playbooks.hosts.containers.container import Container
from playbooks.hosts.docker import containers_of
from tests.images.build import image
from tests.support.ports import held_ports

STACKS = Path(__file__).parents[1] / "stacks"
SHIPPED = Path(__file__).parents[2] / "playbooks" / "stacks"
_PORT = re.compile(r"\$\{PORT_(\d+)\}")
_ASKED = re.compile(r"127\.0\.0\.1:(\d+)/")
_IMAGE = re.compile(r"\$\{([A-Z0-9]+)_IMAGE\}")
PASSWORD = "Sesame 'postgres' 1"
REDIS_PASSWORD = "Sesame-redis-1"
NEO4J_PASSWORD = "Sesame-neo4j-1"
TERMINUS_KEY = "Sesame-terminus-1"


def require_docker() -> None:
    """Skips the test with the reason, or fails it in CI, where there is no engine or no compose."""
    reason = _missing()
    if not reason:
        return
    if os.environ.get("CI", "").lower() in {"1", "true"}:
        pytest.fail(f"Docker is needed in CI: {reason}")
    pytest.skip(f"needs Docker: {reason}")


def _missing() -> str:
    for program in ("docker", "mmdebstrap"):
        if shutil.which(program) is None:
            return f"{program} is not installed"
    for argv in (("docker", "info"), ("docker", "compose", "version")):
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        if done.returncode:
            return f"{' '.join(argv)}: {done.stderr.strip() or done.stdout.strip()}"
    return ""


@dataclass(frozen=True)
class Project:
    """A compose project of its own, with a stack file beside it."""

    name: str
    folder: Path

    @property
    def stack_file(self) -> Path:
        return self.folder / f"{self.name.rsplit('-', 1)[0]}.yaml"

    def container(self, service: str) -> Container:
        """The one container of a service."""
        [found] = containers_of(self.name, service)
        return found

    def compose(self, *words: str) -> str:
        """What `docker compose WORDS` says; it has to succeed."""
        argv = ["docker", "compose", "-p", self.name, "-f", str(self.folder / "compose.yaml")]
        done = subprocess.run(
            [*argv, *words], capture_output=True, text=True, check=False, cwd=self.folder
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def compose_all(self, *words: str) -> str:
        """The same, with what Interlock changed for good, as every call of its own has it."""
        changed = sorted(self.folder.glob(f"docker-compose.interlock.{self.name}.yml"))
        files = [word for file in changed for word in ("-f", str(file))]
        return self.compose(*files, *words)

    def in_container(self, service: str, *argv: str) -> str:
        """What a command inside the service's container says; it has to succeed."""
        done = subprocess.run(
            ["docker", "exec", self.container(service).id, *argv],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def address(self, service: str, port: int) -> tuple[str, int]:
        """Where this host reaches a port of the service."""
        return self.container(service).published[port]

    def uri(
        self, database: str = "postgres", user: str = "postgres", service: str = "postgres"
    ) -> str:
        """A connection string for a PostgreSQL of the project."""
        host, port = self.address(service, 5432)
        return make_conninfo(host=host, port=port, user=user, password=PASSWORD, dbname=database)


@contextmanager
def project(system: str, folder: Path, **changes: Any) -> Iterator[Project]:
    """One of the test stacks in `folder`, not started, with the shipped stack file pointed at it;
    gone with its volumes afterwards. `changes` replace keys of the stack file."""
    require_docker()
    made = Project(f"{system}-{uuid.uuid4().hex[:6]}", folder)
    composed = (STACKS / system / "compose.yaml").read_text()
    published = sorted({int(port) for port in _PORT.findall(composed)})
    with held_ports(len(published)) as held:
        _lay_out(made, system, composed, dict(zip(published, held, strict=True)), changes)
        try:
            yield made
        finally:
            made.compose("down", "--volumes", "--timeout", "2")


def _lay_out(
    made: Project, system: str, composed: str, ports: dict[int, int], changes: dict[str, Any]
) -> None:
    """Writes the compose file, its variables and the stack file."""
    folder = made.folder
    (folder / "compose.yaml").write_text(composed)
    (folder / ".env").write_text(_env(made.name, composed, ports))
    described = _moved(yaml.safe_load((SHIPPED / f"{system}.yaml").read_text()), ports)
    described["compose"] = {
        "project": made.name,
        "files": ["compose.yaml"],
        "env_files": [".env"],
        "required": described["compose"].get("required", []),
    }
    described["backup"]["repository"] = "backups"
    for elsewhere in ("schedules", "proof", "copies"):
        described["backup"].pop(elsewhere, None)
    # They name addresses of others.
    for elsewhere in ("drill", "tls"):
        described.pop(elsewhere, None)
    for service in described["services"].values():
        # Here all of a system is in containers; units are tried on a host that has systemd.
        service.pop("systemd", None)
    for store in described["datastores"].values():
        _settle(store, folder)
    _settle_secrets(described)
    made.stack_file.write_text(yaml.safe_dump(described | changes, sort_keys=False))


def _settle(store: dict[str, Any], folder: Path) -> None:
    """Makes what the store is looked for in; a folder of the host's own is one below `folder`."""
    if store["kind"] == "volume":
        # The HTTP image that stands for applications has no tools of its own.
        store["tools"] = image("postgres")
    if store["kind"] == "files":
        store["path"] = store["path"].lstrip("/")
        (folder / store["path"]).mkdir(parents=True, exist_ok=True)


def _settle_secrets(described: dict[str, Any]) -> None:
    """All variables of a test system stand in its one `.env`."""
    for store in described["datastores"].values():
        kind, _, rest = store.get("password", "").partition(":")
        if kind == "env-file":
            store["password"] = f"env-file:.env#{rest.rpartition('#')[2]}"
    for secret in described.get("secrets", {}).values():
        for place in secret["places"]:
            place["file"] = ".env"


def _env(name: str, composed: str, ports: dict[int, int]) -> str:
    images = set(_IMAGE.findall(composed))
    values = {
        "PROJECT": name,
        **{f"{found}_IMAGE": image(found.lower()) for found in sorted(images)},
        **{f"PORT_{port}": taken for port, taken in ports.items()},
        "POSTGRES_PASSWORD": f'"{PASSWORD}"',
        "DB_PASSWORD": f'"{PASSWORD}"',
        "REDIS_PASSWORD": REDIS_PASSWORD,
        "NEO4J_PASSWORD": NEO4J_PASSWORD,
        "TERMINUS_KEY": TERMINUS_KEY,
    }
    return "".join(f"{key}={value}\n" for key, value in values.items())


def _moved(described: dict[str, Any], ports: dict[int, int]) -> dict[str, Any]:
    """The stack file with the ports of this host that its health checks ask replaced."""

    def taken(found: re.Match[str]) -> str:
        port = int(found.group(1))
        return f"127.0.0.1:{ports.get(port, port)}/"

    for service in described["services"].values():
        health = service.get("health") or {}
        if "url" in health:
            health["url"] = _ASKED.sub(taken, health["url"])
        if "port" in health:
            health["port"] = ports.get(health["port"], health["port"])
    telemetry = described.get("telemetry") or {}
    for what in ("prometheus", "loki", "alertmanager"):
        if what in telemetry:
            telemetry[what] = _ASKED.sub(taken, f"{telemetry[what]}/").rstrip("/")
    if "grafana" in telemetry:
        telemetry["grafana"]["url"] = _ASKED.sub(taken, telemetry["grafana"]["url"])
    return described
