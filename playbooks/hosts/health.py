"""Asks a service how it is: by HTTP, or whether its port opens."""

import socket
import ssl
import time
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

import httpx

from playbooks.hosts.reach import address_on, open_port
from playbooks.model.health import HttpHealth, TcpHealth
from playbooks.model.hosts import LOCAL, Host, LocalHost

_LARGEST_ANSWER = 64 * 1024
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_PORTS = {"http": 80, "https": 443}


def wrong_with(
    health: HttpHealth | TcpHealth, on: Host = LOCAL, login: tuple[str, str] | None = None
) -> str:
    """What is wrong, or nothing. An address of the loopback is the one of the service's own host.
    `login` is the user and the password for HTTP's basic authentication.

    Raises HostError when that host is away.
    """
    return _tcp(health, on) if isinstance(health, TcpHealth) else _http(health, on, login)


def _http(health: HttpHealth, on: Host, login: tuple[str, str] | None) -> str:
    deadline = time.monotonic() + health.seconds
    try:
        way = _way(health.url, on)
        with (
            httpx.Client(
                verify=way.trust, timeout=health.seconds, trust_env=False, auth=login
            ) as client,
            client.stream("GET", way.url, headers=way.headers, extensions=way.extensions) as answer,
        ):
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
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        return f"{health.url} cannot be reached ({error})"
    return health.unexpected(body) if health.expect else ""


@dataclass(frozen=True)
class _Way:
    """`trust` has no authorities in it where nothing is encrypted: loading them costs more than
    all the rest of a probe."""

    url: httpx.URL
    headers: dict[str, str]
    extensions: dict[str, str]
    trust: ssl.SSLContext | bool


def _way(url: str, on: Host) -> _Way:
    """How this host asks for the URL; what is asked sees the URL as it is written."""
    parts = urlsplit(url)
    trust = _authorities() if parts.scheme == "https" else False
    name = parts.hostname or ""
    if isinstance(on, LocalHost) or name not in LOOPBACK:
        return _Way(httpx.URL(url), {}, {}, trust)
    host, port = address_on(on, parts.port or _PORTS.get(parts.scheme, 0))
    moved = httpx.URL(url).copy_with(host=host, port=port)
    return _Way(moved, {"Host": parts.netloc.rpartition("@")[2]}, {"sni_hostname": name}, trust)


@lru_cache(maxsize=1)
def _authorities() -> ssl.SSLContext:
    return httpx.create_ssl_context()


def _tcp(health: TcpHealth, on: Host) -> str:
    here = isinstance(on, LocalHost) or health.host not in LOOPBACK
    try:
        if here:
            socket.create_connection((health.host, health.port), timeout=health.seconds).close()
        else:
            open_port(on, health.port, health.seconds)
    except TimeoutError:
        return f"{health.host}:{health.port} did not open within {health.seconds:g} s"
    except OSError as error:
        return f"{health.host}:{health.port} cannot be reached ({error.strerror or error})"
    return ""
