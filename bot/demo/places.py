"""Where everything of one demo is kept."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from playbooks.model.base import JsonObject


@dataclass(frozen=True)
class Places:
    """The folder of a demo and what is in it."""

    root: Path

    @property
    def description(self) -> Path:
        """What scripts read: URLs, folders, the bot's pid."""
        return self.root / "demo.json"

    @property
    def lock(self) -> Path:
        return self.root / "demo.lock"

    @property
    def ports(self) -> Path:
        return self.root / "ports.json"

    @property
    def seeded(self) -> Path:
        """Exists once the harbor has its data; nothing is ever seeded again after that."""
        return self.root / "seeded"

    @property
    def welcomed(self) -> Path:
        return self.root / "welcomed"

    @property
    def paused(self) -> Path:
        """The services that ran when the demo was ended in good order."""
        return self.root / "paused.json"

    @property
    def processes(self) -> Path:
        """Pid files and logs of everything that runs."""
        return self.root / "processes"

    @property
    def secrets(self) -> Path:
        return self.root / "secrets"

    @property
    def alert_token(self) -> Path:
        return self.secrets / "alert-token"

    @property
    def postgres(self) -> Path:
        return self.root / "postgres"

    @property
    def uploads(self) -> Path:
        return self.root / "uploads"

    @property
    def notice(self) -> Path:
        """There while the harbor is under maintenance; its page shows it."""
        return self.root / "maintenance.json"

    @property
    def workspace(self) -> Path:
        return self.root / "workspace"

    @property
    def interlock_file(self) -> Path:
        return self.root / "interlock.yaml"

    @property
    def stack_file(self) -> Path:
        return self.root / "harbor.yaml"


def write_whole(path: Path, text: str, mode: int = 0o600) -> None:
    """Replaces a file at once: a reader sees the old text or the new, never a part."""
    fresh = path.with_name(f"{path.name}.new")
    with fresh.open("w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), mode)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def read_json(path: Path) -> JsonObject:
    """The object in the file; empty when there is none or it is cut."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
