"""Email, Teams, PagerDuty, SMS and whatever else Apprise reaches."""

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from importlib import import_module
from threading import get_ident
from typing import Any
from urllib.parse import quote, urlsplit

from playbooks.model.thresholds import Severity
from playbooks.respond.page import Delivery

_TYPES: dict[Severity, str] = {"critical": "failure", "warning": "warning", "info": "info"}
_STATUS = re.compile(r"error=(\d{3})\b")
_KEY = re.compile(r"[A-Za-z0-9_+=-]{16,}")
_SHORTEST_PASSWORD = 8
# These may pass; every other answer says that it would be the same next time.
_MAY_PASS = frozenset({408, 425, 429})
_SERVERS_FAULT = 500


@dataclass(frozen=True)
class Said:
    """What is to be said there. `matter` is the same for all that is said of one matter."""

    title: str
    text: str
    severity: Severity
    matter: str
    over: bool = False


@dataclass(frozen=True)
class Place:
    """Where it is to be said: `url` is Apprise's, with its secrets, to which `to` is added."""

    kind: str
    url: str
    to: str = ""


def get_ready() -> None:
    """Loads Apprise and all that it reaches, which takes seconds the first time: before the clock
    of a page runs. A bot that sends none does not carry it."""
    import_module("apprise").Apprise.instantiate("json://127.0.0.1")


def deliver(place: Place, said: Said, seconds: float, learn: Callable[[str], None]) -> Delivery:
    """One attempt, which blocks for about `seconds` at most. `learn` is told each part of the
    address that has to be kept out of what is said and logged."""
    for part in _secrets(place.url):
        learn(part)
    apprise = import_module("apprise")
    with _listening() as heard:
        channel = _channel(apprise, _addressed(place, said), seconds)
        if channel is None:
            why = "Apprise does not understand its address"
            return Delivery(delivered=False, why=why, final=True)
        news = "success" if said.over else _TYPES[said.severity]
        done = channel.notify(
            body=said.text, title=said.title, notify_type=apprise.NotifyType(news)
        )
    return Delivery(delivered=True) if done else _failed(heard)


def _channel(apprise: Any, url: str, seconds: float) -> Any:
    asset = apprise.AppriseAsset(app_id="Interlock", app_desc="Interlock", app_url="")
    channel = apprise.Apprise.instantiate(url, asset=asset)
    if channel is not None:
        channel.socket_connect_timeout = seconds / 2
        channel.socket_read_timeout = seconds / 2
    return channel


def _addressed(place: Place, said: Said) -> str:
    """The address with its recipient, and with the key by which a pager knows the matter."""
    kind, to = place.kind, place.to
    base, _, query = place.url.partition("?")
    wanted = [query] if query else []
    if to and kind == "email":
        wanted.append(f"to={quote(to)}")
    if kind == "email" and "format=" not in query:
        wanted.append("format=text")
    if to and kind == "sms":
        base = f"{base.rstrip('/')}/{quote(re.sub(r'[^0-9+]', '', to))}"
    if kind == "pagerduty":
        key = sha256(said.matter.encode()).hexdigest()[:32]
        wanted += [f"dedup={key}", "action=map"]
    return f"{base}?{'&'.join(wanted)}" if wanted else base


def _failed(heard: list[str]) -> Delivery:
    """Why, as Apprise says it."""
    statuses = [int(found[1]) for line in heard if (found := _STATUS.search(line))]
    if statuses:
        status = statuses[-1]
        final = status < _SERVERS_FAULT and status not in _MAY_PASS
        return Delivery(delivered=False, why=str(status), final=final)
    return Delivery(delivered=False, why=heard[-1].rstrip(".") if heard else "Apprise says no more")


def _secrets(url: str) -> Iterator[str]:
    """The password, and every other part that looks like a key."""
    parts = urlsplit(url)
    if parts.password and len(parts.password) >= _SHORTEST_PASSWORD:
        yield parts.password
    # Apprise puts keys where others have users and hosts, which urlsplit writes small.
    words = [*re.split("[@:]", parts.netloc), *parts.path.split("/")]
    words += [pair.partition("=")[2] for pair in parts.query.split("&")]
    yield from (word for word in words if _KEY.fullmatch(word))


class _Heard(logging.Handler):
    """Keeps what this thread's Apprise warns of."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []
        self._thread = get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread:
            self.lines.append(record.getMessage())


@contextmanager
def _listening() -> Iterator[list[str]]:
    heard, log = _Heard(), logging.getLogger("apprise")
    log.addHandler(heard)
    try:
        yield heard.lines
    finally:
        log.removeHandler(heard)
