"""What can be read about a service: whether it runs, whether it is well, what it logged."""

import time
from datetime import datetime, timedelta
from typing import Any

from playbooks.errors import FactUnavailable, HostError
from playbooks.hosts.containers.container import Container
from playbooks.hosts.health import wrong_with
from playbooks.hosts.probes import wrong_with_command, wrong_with_database, wrong_with_websocket
from playbooks.hosts.services import runner_of
from playbooks.hosts.systemd import UnitSeen
from playbooks.model.base import JsonObject, Model
from playbooks.model.compose import ContainerHealth
from playbooks.model.health import (
    BasicLogin,
    CommandHealth,
    DatabaseHealth,
    HttpHealth,
    TcpHealth,
    WebSocketHealth,
)
from playbooks.model.hosts import LOCAL, Host
from playbooks.model.service import Service
from playbooks.model.stack import Stack
from playbooks.ports import Reading, Secrets
from playbooks.registry import Reader


class OneService(Model):
    """The name of a service of the stack."""

    service: str


class LogArgs(Model):
    """`since` is a length of time in seconds before now. `grep` is text, not a pattern."""

    service: str
    lines: int = 50
    since: float | None = None
    grep: str = ""


def state(reading: Reading, args: OneService) -> JsonObject:
    """{state: running|stopped|unmanaged, since: ISO time|null, pid: number|null}; of a service in
    containers also `containers`: [{id, name, image: digest, status, health, restarts, exit_code,
    since, tag: the image's name, ports: addresses of the host, out_of_memory}],
    of one that systemd runs `unit`: {state: as systemctl says it, result, restarts, exit_code}.
    """
    runner = runner_of(reading.stack, args.service)
    if runner is None:
        return {"state": "unmanaged", "since": None, "pid": None}
    try:
        seen = runner.seen()
    except HostError as error:
        raise FactUnavailable(error.message, error.hint) from error
    known: JsonObject = {
        "state": "running" if seen.up else "stopped",
        "since": _iso(seen.since) if seen.up and seen.since else None,
        "pid": seen.pid,
    }
    if seen.unit:
        known["unit"] = _told_unit(seen.unit)
    if seen.containers:
        known["containers"] = [_told(container) for container in seen.containers]
    return known


def health(reading: Reading, args: OneService) -> JsonObject:
    """{healthy: bool|null, detail: sentence, ms: milliseconds|null}; null where none is defined."""
    try:
        return check_of(reading.stack, args.service, reading.secrets)
    except HostError as error:
        raise FactUnavailable(error.message, error.hint) from error


def logs(reading: Reading, args: LogArgs) -> JsonObject:
    """{lines: [text], more: whether older ones fit too, note: sentence or ""}."""
    runner = runner_of(reading.stack, args.service)
    if runner is None:
        raise FactUnavailable(
            f"{args.service} is not run by Interlock, so its log is not known.",
            "Give it a `process` in the stack file.",
        )
    since = _before(reading.now, args.since)
    try:
        found = runner.logs(args.lines, since, args.grep)
    except HostError as error:
        raise FactUnavailable(error.message, error.hint) from error
    note = ""
    if since and not found.timed:
        note = "The lines of this log do not open with a time, so --since finds nothing in it."
    return {"lines": list(found.lines), "more": found.more, "note": note}


def check_of(stack: Stack, name: str, secrets: Secrets) -> JsonObject:
    """Asks the service how it is, once, within its time limit. Shape as `health`.

    Raises HostError when its container cannot be looked at, SecretUnavailable.
    """
    service, began = stack.service(name), time.monotonic()
    match service.health:
        case ContainerHealth():
            return _containers(stack, name)
        case DatabaseHealth() as asked:
            wrong = wrong_with_database(stack, asked, secrets)
        case WebSocketHealth() as asked:
            wrong = wrong_with_websocket(asked, stack.host_of(name))
        case CommandHealth() as asked:
            wrong = wrong_with_command(stack, name, asked)
        case HttpHealth(login=BasicLogin() as login) as asked:
            known = (login.user, secrets.resolve(login.password).reveal())
            wrong = wrong_with(asked, stack.host_of(name), known)
        case _:
            return check(service, stack.host_of(name))
    return _judged(wrong, began)


def check(service: Service, on: Host = LOCAL) -> JsonObject:
    """Asks a service that answers by itself and lets anybody in, as `check_of` does."""
    began = time.monotonic()
    match service.health:
        case HttpHealth() | TcpHealth() as asked:
            return _judged(wrong_with(asked, on), began)
        case _:
            return {"healthy": None, "detail": "no health check is defined", "ms": None}


def _judged(wrong: str, began: float) -> JsonObject:
    ms = round((time.monotonic() - began) * 1000)
    return {"healthy": not wrong, "detail": wrong or "healthy", "ms": ms}


def _containers(stack: Stack, name: str) -> JsonObject:
    """What the containers' own checks say."""
    began, runner = time.monotonic(), runner_of(stack, name)
    containers = runner.seen().containers if runner else ()
    wrong = ", ".join(
        f"{container.name} is {container.health or container.status}{_answer(container)}"
        for container in containers
        if not container.up or container.health not in {"", "healthy"}
    )
    if not containers:
        wrong = "it has no container"
    elif not wrong and not any(container.health for container in containers):
        return {"healthy": None, "detail": "its container has no health check", "ms": None}
    ms = round((time.monotonic() - began) * 1000)
    return {"healthy": not wrong, "detail": wrong or "healthy", "ms": ms}


def _answer(container: Container) -> str:
    """What its own check said, where it is ill by that."""
    return f": {container.said}" if container.said and container.health == "unhealthy" else ""


def _told(container: Container) -> JsonObject:
    return {
        "id": container.id,
        "name": container.name,
        "image": container.image,
        "status": container.status,
        "health": container.health,
        "restarts": container.restarts,
        "exit_code": container.exit_code,
        "since": _iso(container.since) if container.since else None,
        "tag": container.tag,
        "ports": [f"{host}:{port}" for host, port in container.published.values()],
        "out_of_memory": container.out_of_memory,
    }


def _told_unit(unit: UnitSeen) -> JsonObject:
    return {
        "state": unit.state,
        "result": unit.result,
        "restarts": unit.restarts,
        "exit_code": unit.exit_code,
    }


def _before(now: datetime, seconds: float | None) -> datetime | None:
    return None if seconds is None else now - timedelta(seconds=seconds)


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


READERS: tuple[Reader[Any], ...] = (
    Reader("service.state", OneService, state),
    Reader("service.health", OneService, health),
    Reader("service.logs", LogArgs, logs),
)
