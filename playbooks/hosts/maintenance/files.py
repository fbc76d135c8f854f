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
    """JSON, which is YAML, too. Traefik reads its files as templates first: no text of a person
    can open one, for braces inside texts are spelled by their numbers."""
    written = json.dumps(_spelled(document), indent=2, ensure_ascii=True)
    return written.replace(_OPENING, r"\u007b").replace(_CLOSING, r"\u007d").encode() + b"\n"


# Characters that json.dumps writes as they are and that no text of ours holds.
_OPENING, _CLOSING = "\\ue000", "\\ue001"


def _spelled(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("{", "\ue000").replace("}", "\ue001")
    if isinstance(value, dict):
        return {_spelled(key): _spelled(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_spelled(each) for each in value]
    return value
