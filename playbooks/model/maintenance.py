"""How the users of a stack are told that it is under maintenance."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from playbooks.gate.duration import Duration
from playbooks.model.base import JsonObject, Model, Name


class NginxPage(Model):
    """nginx serves another site: while maintenance lasts `link` points to `maintenance` instead of
    `usual`, and `flag` is a file with `content`."""

    kind: Literal["nginx"]
    link: Path
    maintenance: Path
    usual: Path
    flag: Path | None = None
    content: JsonObject = {}


class TraefikRoute(Model):
    """Traefik serves another route: `file` is one of its dynamic configuration."""

    kind: Literal["traefik"]
    file: Path


class RedisKey(Model):
    """A key in the Redis of `service`, which the applications read."""

    kind: Literal["redis"]
    service: Name
    key: str


class FlagFile(Model):
    """A file that is there while maintenance lasts."""

    kind: Literal["file"]
    path: Path


Switch = Annotated[NginxPage | TraefikRoute | RedisKey | FlagFile, Field(discriminator="kind")]


class Maintenance(Model):
    """How users are told that the stack is under maintenance. `notice` is how long before they
    hear of it, `message` what they read, `checklist` what people confirm before."""

    switch: Switch
    message: str = "Under maintenance"
    notice: Duration | None = None
    checklist: tuple[str, ...] = ()
