"""What can be read about a service: whether it runs, whether it is well, what it logged."""

import json
import socket
import time
from datetime import datetime, timedelta
from typing import Any

import httpx

from playbooks.errors import FactUnavailable
from playbooks.hosts.logs import tail
from playbooks.hosts.processes import LocalService
from playbooks.model.base import JsonObject, Model
from playbooks.model.stack import HttpHealth, Service, TcpHealth
from playbooks.ports import Reading
from playbooks.registry import Reader

_LARGEST_ANSWER = 64 * 1024


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
    """{state: running|stopped|unmanaged, since: ISO time|null, pid: number|null}."""
    service = reading.stack.service(args.service)
    if service.process is None:
        return {"state": "unmanaged", "since": None, "pid": None}
    running = LocalService(args.service, service.process).running()
    if running is None:
        return {"state": "stopped", "since": None, "pid": None}
    since = _iso(running.since)
    return {"state": "running", "since": since, "pid": running.identity.pid}


def health(reading: Reading, args: OneService) -> JsonObject:
    """{healthy: bool|null, detail: sentence, ms: milliseconds|null}; null where none is defined."""
    return check(reading.stack.service(args.service))


def logs(reading: Reading, args: LogArgs) -> JsonObject:
    """{lines: [text], more: whether older ones fit too, note: sentence or ""}."""
    service = reading.stack.service(args.service)
    if service.process is None:
        raise FactUnavailable(
            f"{args.service} is not run by Interlock, so its log is not known.",
            "Give it a `process` in the stack file.",
        )
    since = _before(reading.now, args.since)
    found = tail(LocalService(args.service, service.process).log_file, args.lines, since, args.grep)
    note = ""
    if since and not found.timed:
        note = "The lines of this log do not open with a time, so --since finds nothing in it."
    return {"lines": list(found.lines), "more": found.more, "note": note}


def check(service: Service) -> JsonObject:
    """Asks the service how it is, once, within its time limit. Shape as `health`."""
    began = time.monotonic()
    match service.health:
        case None:
            return {"healthy": None, "detail": "no health check is defined", "ms": None}
        case HttpHealth() as http:
            wrong = _http(http)
        case TcpHealth() as tcp:
            wrong = _tcp(tcp)
    ms = round((time.monotonic() - began) * 1000)
    return {"healthy": not wrong, "detail": wrong or "healthy", "ms": ms}


def _http(health: HttpHealth) -> str:
    """What is wrong, or nothing."""
    deadline = time.monotonic() + health.seconds
    try:
        with httpx.stream("GET", health.url, timeout=health.seconds, trust_env=False) as answer:
            if not answer.is_success:
                return f"{health.url} answers {answer.status_code}"
            body = b""
            for chunk in answer.iter_bytes():
                body += chunk
                if len(body) > _LARGEST_ANSWER or not health.expect:
                    break
                if time.monotonic() > deadline:
                    return f"{health.url} was not done after {health.seconds:g} s"
    except httpx.TimeoutException:
        return f"{health.url} did not answer within {health.seconds:g} s"
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return f"{health.url} cannot be reached ({error})"
    return _unexpected(health, body) if health.expect else ""


def _unexpected(health: HttpHealth, body: bytes) -> str:
    try:
        answered: Any = json.loads(body)
    except ValueError:
        return f"{health.url} answers something that is not JSON"
    for key, expected in health.expect.items():
        value = answered.get(key) if isinstance(answered, dict) else None
        if value != expected:
            return f"{health.url} says {key}={value!r}, expected {expected!r}"[:300]
    return ""


def _tcp(health: TcpHealth) -> str:
    try:
        with socket.create_connection((health.host, health.port), timeout=health.seconds):
            return ""
    except TimeoutError:
        return f"{health.host}:{health.port} did not open within {health.seconds:g} s"
    except OSError as error:
        return f"{health.host}:{health.port} cannot be reached ({error.strerror or error})"


def _before(now: datetime, seconds: float | None) -> datetime | None:
    return None if seconds is None else now - timedelta(seconds=seconds)


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


READERS: tuple[Reader[Any], ...] = (
    Reader("service.state", OneService, state),
    Reader("service.health", OneService, health),
    Reader("service.logs", LogArgs, logs),
)
