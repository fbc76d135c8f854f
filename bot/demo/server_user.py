"""Who PostgreSQL runs as, and the way to its files for that user."""

import os
import pwd
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bot.demo.errors import DemoError

NAME = "interlock-demo"


@dataclass(frozen=True)
class ServerUser:
    """The user whose processes and files the database server's are; None is whoever we are."""

    name: str | None

    def argv(self, program: Iterable[str]) -> tuple[str, ...]:
        """`program` as this user."""
        if self.name is None:
            return tuple(program)
        return (sys.executable, "-m", "bot.demo.as_user", self.name, *program)

    def own(self, path: Path) -> None:
        """Gives a file or folder of ours to the user."""
        if self.name is not None:
            entry = pwd.getpwnam(self.name)
            os.chown(path, entry.pw_uid, entry.pw_gid)


def server_user(ways: Iterable[Path]) -> ServerUser:
    """Ourselves, or for root a user of its own, who may then pass through the folders above
    `ways`: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return ServerUser(None)
    try:
        pwd.getpwnam(NAME)
    except KeyError:
        _add_user()
    for way in ways:
        for folder in way.resolve().parents:
            mode = folder.stat().st_mode
            if not mode & 0o001:
                folder.chmod(mode | 0o001)
    return ServerUser(NAME)


def _add_user() -> None:
    argv = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", NAME]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=30)
    except OSError as error:
        raise DemoError(
            f"PostgreSQL does not run as root, and useradd is not there ({error.strerror}).",
            "Run the demo as an ordinary user.",
        ) from error
    if done.returncode:
        raise DemoError(
            f"PostgreSQL does not run as root, and useradd failed: {done.stderr.strip()}.",
            "Run the demo as an ordinary user.",
        )
