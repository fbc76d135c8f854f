"""How the users of a stack are told that it is under maintenance."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from playbooks.gate.duration import Duration
from playbooks.model.base import JsonObject, Model, Name
from playbooks.model.hosts import Host

_ROUTE = "interlock-maintenance"
_BEFORE_ALL_OTHERS = 1_000_000
_PLACEHOLDER = re.compile(r"\{message\}|\{until\}")


class NginxPage(Model):
    """nginx serves another site: while maintenance lasts `link` points to `maintenance` instead of
    `usual`, and `flag` is a file with `content`, in which `{message}` and `{until}` stand for what
    was asked for. `test` has to succeed before `reload` is run."""

    kind: Literal["nginx"]
    link: Path
    maintenance: Path
    usual: Path
    flag: Path | None = None
    content: JsonObject = {}
    test: Annotated[tuple[str, ...], Field(min_length=1)] = ("nginx", "-t")
    reload: Annotated[tuple[str, ...], Field(min_length=1)] = ("nginx", "-s", "reload")


class TraefikRoute(Model):
    """Traefik serves another route: `file` is one of its dynamic configuration, there only while
    maintenance lasts. `page` is the address of who serves the page; without it Traefik answers 503.
    `content` is the whole file where that is not enough, in which `{message}` and `{until}` stand
    for what was asked for."""

    kind: Literal["traefik"]
    file: Path
    page: str | None = None
    content: JsonObject = {}

    @property
    def document(self) -> JsonObject:
        """What the file holds, its placeholders still open."""
        if self.content:
            return self.content
        servers = [{"url": self.page}] if self.page else []
        router = {"rule": "PathPrefix(`/`)", "priority": _BEFORE_ALL_OTHERS, "service": _ROUTE}
        return {
            "http": {
                "routers": {_ROUTE: router},
                "services": {_ROUTE: {"loadBalancer": {"servers": servers}}},
            }
        }


class RedisKey(Model):
    """A key in the Redis of `service`, which the applications read. It goes by itself `backstop`
    after the end that was asked for, should nobody be left to lift the maintenance."""

    kind: Literal["redis"]
    service: Name
    key: str
    backstop: Duration = timedelta(days=1)


class FlagFile(Model):
    """A file that is there while maintenance lasts: JSON with `message` and `until`."""

    kind: Literal["file"]
    path: Path


Switch = Annotated[NginxPage | TraefikRoute | RedisKey | FlagFile, Field(discriminator="kind")]


class Maintenance(Model):
    """How users are told that the stack is under maintenance.

    The switch is on `host`, where that is not where the stack runs: a name of `hosts`, or an
    address as the stack's own `host` has it; with `sudo` it is turned through
    `sudo --non-interactive`. `notice` is how long before they hear of a window that is planned,
    `message` what they read, `lasting` how long it lasts where nobody says otherwise, `checklist`
    what people confirm before. `channels` hear of it besides the stack's own.
    """

    switch: Switch
    host: Host | None = None
    sudo: bool = False
    message: str = "Under maintenance"
    notice: Duration | None = None
    lasting: Duration = timedelta(hours=2)
    checklist: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()


def filled(template: Any, message: str, until: str) -> Any:
    """JSON whose texts have `{message}` and `{until}` replaced."""
    if isinstance(template, str):
        known = {"{message}": message, "{until}": until}
        # At once: what a person typed may hold a placeholder itself, and stays as it is.
        return _PLACEHOLDER.sub(lambda found: known[found[0]], template)
    if isinstance(template, dict):
        return {key: filled(value, message, until) for key, value in template.items()}
    if isinstance(template, list | tuple):
        return [filled(value, message, until) for value in template]
    return template
