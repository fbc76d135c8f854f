"""Passwords of the demo's database, made once and kept in files that only their owner reads."""

import secrets
from pathlib import Path

from bot.demo.places import write_whole


def kept_password(path: Path) -> str:
    """The password in `path`; made when there is none."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(path, secrets.token_urlsafe(18))
    return path.read_text(encoding="utf-8").strip()
