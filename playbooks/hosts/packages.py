"""Packages of this host that have newer versions, as apt plans to bring them."""

import os
import re
import shutil
import subprocess
import time
from pathlib import Path

from playbooks.errors import HostError
from playbooks.model.updates import Package, Packages

_LISTS = Path("/var/lib/apt/lists")
_ARGV = ("apt-get", "--simulate", "--quiet=2", "--no-show-upgraded", "dist-upgrade")
_SECONDS = 15.0
# Inst bash [5.2.15-2+b8] (5.2.15-2+b13 Debian:12.15/oldstable, Debian-Security:12 [amd64])
_PLANNED = re.compile(
    r"^Inst (?P<name>\S+) \[(?P<installed>[^\]]+)\] \((?P<candidate>\S+) (?P<origin>[^\[)]*)"
)
_SECURITY = re.compile(r"-security\b|Debian-Security|UbuntuESM", re.IGNORECASE)


def waiting_packages() -> Packages:
    """By the lists that are on the host already: nothing is fetched and nothing changed. Raises
    HostError where there is no apt."""
    if shutil.which(_ARGV[0]) is None:
        raise HostError("the host has no apt, and other package managers are not asked.")
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
    try:
        done = subprocess.run(
            _ARGV,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise HostError(f"apt-get was not done after {_SECONDS:g} s.") from error
    if done.returncode != 0:
        raise HostError(f"apt-get ended with {done.returncode}: {done.stderr.strip()[-300:]}")
    return Packages(packages=planned(done.stdout), lists_age_seconds=_age())


def planned(output: str) -> tuple[Package, ...]:
    """The packages that are on the host and would be replaced, security ones first."""
    found = [
        Package(
            name=match["name"],
            installed=match["installed"],
            candidate=match["candidate"],
            security=bool(_SECURITY.search(match["origin"])),
        )
        for match in map(_PLANNED.match, output.splitlines())
        if match
    ]
    return tuple(sorted(found, key=lambda each: (not each.security, each.name)))


def _age() -> float | None:
    """How long ago the newest list was written."""
    try:
        times = [file.stat().st_mtime for file in _LISTS.iterdir() if file.is_file()]
    except OSError:
        return None
    return time.time() - max(times) if times else None
