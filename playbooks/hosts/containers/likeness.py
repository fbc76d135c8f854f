"""What a container runs and how it looks at itself, so that another can be made like it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from playbooks.hosts.docker import engine_with


@dataclass(frozen=True)
class Likeness:
    """`health` is the container's own check as argv; nothing where it has none. The environment
    may hold secrets: it goes from one container to another and nowhere else."""

    entrypoint: tuple[str, ...]
    argv: tuple[str, ...]
    environment: Mapping[str, str]
    user: str
    health: tuple[str, ...]


def likeness(container: str) -> Likeness:
    """Raises HostError."""
    with engine_with(container) as client:
        config: Mapping[str, Any] = client.api.inspect_container(container)["Config"]
    return Likeness(
        entrypoint=tuple(config.get("Entrypoint") or ()),
        argv=tuple(config.get("Cmd") or ()),
        environment=dict(each.split("=", 1) for each in config.get("Env") or () if "=" in each),
        user=config.get("User") or "",
        health=_health((config.get("Healthcheck") or {}).get("Test") or ()),
    )


def _health(test: Sequence[str]) -> tuple[str, ...]:
    match list(test):
        case ["CMD", *argv] if argv:
            return tuple(argv)
        case ["CMD-SHELL", script]:
            return ("sh", "-c", script)
        case _:
            return ()
