"""What goes into a bundle of diagnostics, as facts and as streams."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType
from typing import Any

from playbooks.errors import InterlockError
from playbooks.hosts.logs.sources import Found, found_logs, source_of
from playbooks.model.base import JsonObject
from playbooks.model.facts import FactQuery
from playbooks.model.stack import Stack

_LOG_LINES = 20_000
_FILES_A_SERVICE = 3
_OVERVIEWS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "postgres": ("db.overview", "db.sizes", "db.connections", "db.locks"),
        "postgres-server": ("db.overview", "db.sizes", "db.connections", "db.locks"),
        "redis": ("keys.overview", "keys.memory"),
        "neo4j": ("graph.overview", "graph.counts"),
        "terminusdb": ("terminus.overview", "terminus.databases"),
    }
)


@dataclass(frozen=True)
class LogPart:
    """One log of the stack: the newest lines of it."""

    name: str
    stack: Stack
    service: str
    log: Found

    def lines(self) -> Iterator[str]:
        """As they were written; raises HostError."""
        wanted = self.log.path if self.log.kind in {"file", "container-file"} else self.log.name
        source = source_of(self.stack, self.service, wanted)
        mask = source.mask()
        for line in source.newest(_LOG_LINES, None):
            yield mask(f"{line.at.isoformat() if line.at else '-'} {line.shown}")


def fact_parts(stack: Stack) -> dict[str, FactQuery]:
    """The facts that tell how a stack is, by the name of their file."""
    services = {
        f"services/{name}/{what}.json": FactQuery(fact=fact, args={"service": name})
        for name in stack.services
        for what, fact in (
            ("state", "service.state"),
            ("health", "service.health"),
            ("usage", "service.usage"),
            ("logs", "logs.sources"),
        )
    }
    containers = {
        f"services/{name}/inspect.json": FactQuery(
            fact="containers.inspect", args={"service": name}
        )
        for name in stack.services
        if stack.container_of(name) is not None
    }
    # What takes longest comes first.
    return {**_of_project(stack), **_of_stores(stack), **services, **containers}


def log_parts(stack: Stack) -> Iterator[LogPart]:
    """Output of services, and of files the newest few. What cannot be listed is left out here: the
    file `logs.json` of the service says why."""
    for service in (*stack.services, ""):
        known = list(_readable(found_logs(stack, service)))
        outputs = [each for each in known if each.kind == "output"]
        files = [each for each in known if each.kind in {"file", "container-file"}]
        for log in [*outputs, *islice(files, _FILES_A_SERVICE)]:
            yield LogPart(_log_name(service, log), stack, service, log)


def _readable(logs: Iterator[Found]) -> Iterator[Found]:
    """Those up to the first that cannot be listed; a service's output comes before its files."""
    with suppress(InterlockError):
        yield from logs


def pretty(value: Any) -> str:
    """JSON for people, one value a line."""
    return json.dumps(value, indent=1, ensure_ascii=False, default=str) + "\n"


def described(stack: Stack) -> JsonObject:
    """The stack file as it is understood; secrets are references in it."""
    return stack.model_dump(mode="json", exclude_defaults=True)


def _of_project(stack: Stack) -> dict[str, FactQuery]:
    parts = {"host.json": FactQuery(fact="host.usage"), "disk.json": FactQuery(fact="disk.mounts")}
    if stack.compose is not None:
        parts |= {
            "compose/effective.json": FactQuery(fact="config.files"),
            "compose/containers.json": FactQuery(fact="config.containers"),
            "compose/networks.json": FactQuery(fact="containers.networks"),
            "compose/volumes.json": FactQuery(fact="containers.volumes"),
        }
    if stack.backup is not None:
        parts["backups.json"] = FactQuery(fact="repository.list")
    return parts


def _of_stores(stack: Stack) -> dict[str, FactQuery]:
    return {
        f"datastores/{name}/{fact.replace('.', '-')}.json": FactQuery(
            fact=fact, args={"datastore": name}
        )
        for name, store in stack.datastores.items()
        for fact in _OVERVIEWS.get(store.kind, ())
    }


def _log_name(service: str, log: Found) -> str:
    where = f"services/{service}" if service else "logs"
    name = "output.log" if log.kind == "output" else log.name
    return f"{where}/{name}"
