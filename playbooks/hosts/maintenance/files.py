"""A file that is there only while maintenance lasts: one that applications look for, or one of
Traefik's dynamic configuration."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playbooks.hosts.maintenance.switch import Notice
from playbooks.hosts.placing import Placing
from playbooks.model.maintenance import filled

FLAG = {"maintenance": True, "message": "{message}", "until": "{until}"}


@dataclass(frozen=True)
class FileSwitch:
    """`document` is what the file holds, with `{message}` and `{until}` open."""

    path: Path
    document: Any
    host: Placing

    def on(self, notice: Notice) -> None:
        self.host.write(self.path, as_yaml(filled(self.document, notice.message, notice.end)))

    def off(self) -> None:
        self.host.remove(self.path)

    def is_on(self) -> bool:
        return self.host.is_there(self.path)


def as_yaml(document: Any) -> bytes:
    """JSON, which is YAML, too. Traefik reads its files as templates first, and no text of a person
    can open one: two braces only ever meet inside a text, where one is spelled by its number."""
    written = json.dumps(document, indent=2, ensure_ascii=True)
    return written.replace("{{", r"{\u007b").encode() + b"\n"
