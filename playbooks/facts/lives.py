"""How often what services run in was started again by itself, or killed for want of memory."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from playbooks.errors import HostError
from playbooks.hosts.services import runner_of
from playbooks.model.base import JsonObject
from playbooks.model.lives import Life, Lives
from playbooks.model.stack import Stack
from playbooks.ports import Reading
from playbooks.registry import NoArgs, Reader

_OOM = "oom-kill"


def seen(reading: Reading, _: NoArgs) -> JsonObject:
    """A `playbooks.model.lives.Lives`, of containers and units of systemd."""
    missing: dict[str, str] = {}
    found = [*_contained(reading.stack, missing), *_units(reading, missing)]
    return Lives(lives=tuple(found), missing=missing).model_dump(mode="json")


def _contained(stack: Stack, missing: dict[str, str]) -> Iterator[Life]:
    """All containers of a host in one sweep."""
    own = {name: compose for name in stack.services if (compose := stack.compose_of(name))}
    for compose in {each.host.model_dump_json(): each for each in own.values()}.values():
        names = {
            stack.container_of(name) or name: name
            for name, each in own.items()
            if each.host == compose.host
        }
        # The engine's client is large, and a stack without containers does without.
        look = import_module("playbooks.hosts.containers.lives").lives_of
        try:
            yield from look(compose, names)
        except HostError as error:
            missing |= dict.fromkeys(names.values(), error.message)


def _units(reading: Reading, missing: dict[str, str]) -> Iterator[Life]:
    for name, service in reading.stack.services.items():
        runner = runner_of(reading.stack, name) if service.systemd is not None else None
        if runner is None:
            continue
        try:
            unit = runner.seen().unit
        except HostError as error:
            missing[name] = error.message
            continue
        if unit is not None:
            yield Life(
                id=name,
                service=name,
                name=service.systemd.unit if service.systemd else name,
                restarts=unit.restarts,
                killed_at=reading.now if unit.result == _OOM else None,
                limit=unit.limit,
            )


READERS: tuple[Reader[Any], ...] = (Reader("lives.seen", NoArgs, seen),)
