"""Packages of a host that have newer versions, as apt plans to bring them."""

import re
import time

from playbooks.errors import HostError
from playbooks.hosts.shell import Shell, output_of
from playbooks.model.updates import Package, Packages

_ARGV = (
    *("env", "LC_ALL=C", "apt-get", "--simulate", "--quiet=2", "--no-show-upgraded"),
    "dist-upgrade",
)
_LISTS = ("find", "/var/lib/apt/lists", "-maxdepth", "1", "-type", "f", "-printf", "%T@\\n")
_NOT_THERE = 127
_SECONDS = 50.0
# Inst bash [5.2.15-2+b8] (5.2.15-2+b13 Debian:12.15/oldstable, Debian-Security:12 [amd64])
_PLANNED = re.compile(
    r"^Inst (?P<name>\S+) \[(?P<installed>[^\]]+)\] \((?P<candidate>\S+) (?P<origin>[^\[)]*)"
)
_SECURITY = re.compile(r"-security\b|Debian-Security|UbuntuESM", re.IGNORECASE)


def waiting_packages(shell: Shell) -> Packages:
    """By the lists that are on the host already: nothing is fetched and nothing changed. Raises
    HostError where there is no apt."""
    done = shell.run(_ARGV, seconds=_SECONDS)
    if done.code == _NOT_THERE:
        raise HostError("the host has no apt, and other package managers are not asked.")
    if done.code != 0:
        raise HostError(f"apt-get ended with {done.code}: {done.said()}")
    return Packages(packages=planned(done.output.decode()), lists_age_seconds=_age(shell))


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


def _age(shell: Shell) -> float | None:
    """How long ago the newest list was written."""
    times = output_of(shell, _LISTS, seconds=_SECONDS).decode().split()
    return time.time() - max(map(float, times)) if times else None
