"""What Interlock changed of a project for good: the file, and the containers that follow."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from playbooks.errors import HostError
from playbooks.hosts import compose as plugin
from playbooks.hosts.containers.container import Container
from playbooks.hosts.docker import containers_of, engine
from playbooks.model.adjusted import Adjusted, Adjustments, read_adjustments
from playbooks.model.base import JsonObject
from playbooks.model.compose import Compose

Follow = Literal["count", "anew", "update"]
"""How the containers follow: more or fewer of them, made anew, or updated as they run."""

_MODE = 0o644
_UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_NANO = 1_000_000_000


def adjustments_of(compose: Compose) -> Adjustments:
    """What is changed for good. Raises HostError when the file cannot be read."""
    try:
        return read_adjustments(compose.adjustments.read_text())
    except FileNotFoundError:
        return Adjustments()
    except (OSError, ValueError, KeyError) as error:
        raise HostError(
            f"{compose.adjustments} does not say what was changed ({error}).",
            "It is Interlock's own: put it back from a backup, or remove it.",
        ) from error


def adjust(compose: Compose, service: str, adjusted: Adjusted, follow: Follow) -> JsonObject:
    """Keeps `adjusted` for the service, and its containers follow. Output {containers: [id]}.

    A file that compose does not take is not kept. Raises HostError.
    """
    with plugin.alone(compose):
        _keep(compose, adjustments_of(compose).having(service, adjusted))
        before = containers_of(compose.project, service, compose.host)
        if follow == "update" and before and _update(compose, service, adjusted, before):
            return {"containers": [each.id for each in before]}
        up = any(each.up for each in before)
        plugin.run(_follow_argv(compose, service, follow, up=up), on=compose.host)
    after = containers_of(compose.project, service, compose.host)
    return {"containers": [each.id for each in after]}


def hand_on(source: Compose, target: Compose, services: Sequence[str]) -> None:
    """What is changed for good of these services in one project holds in the other, too, and
    nothing else does. Raises HostError."""
    held = adjustments_of(source).services
    _keep(target, Adjustments(services={name: held[name] for name in services if name in held}))


def _keep(compose: Compose, wanted: Adjustments) -> None:
    """Written whole or not at all."""
    place = compose.adjustments
    try:
        if not wanted.services:
            place.unlink(missing_ok=True)
            return
        with tempfile.TemporaryDirectory(dir=place.parent, prefix=".interlock-") as folder:
            fresh = Path(folder) / place.name
            fresh.write_text(wanted.written())
            fresh.chmod(_MODE)
            plugin.check(compose, fresh)
            fresh.replace(place)
    except OSError as error:
        raise HostError(
            f"{place} cannot be written: {error.strerror}.",
            "Interlock needs to write beside the compose files of the stack.",
        ) from error


def _follow_argv(compose: Compose, service: str, follow: Follow, *, up: bool) -> tuple[str, ...]:
    """What does not run is made anew without being started."""
    return (
        *plugin.base_argv(compose),
        *("up", "--detach" if up else "--no-start", "--no-deps", "--no-build", "--pull", "never"),
        *(("--no-recreate",) if follow == "count" else ()),
        service,
    )


def _update(
    compose: Compose, service: str, adjusted: Adjusted, containers: Sequence[Container]
) -> bool:
    """Gives the containers their limits as they run. False when one has a limit that is to vanish:
    the engine only takes that from a container that is made anew."""
    wanted = limits(plugin.services_of(compose).get(service, {}), adjusted)
    with engine(on=compose.host) as client:
        held = [client.api.inspect_container(each.id)["HostConfig"] for each in containers]
    if any(_vanishes(each, wanted) for each in held):
        return False
    options = _options(wanted)
    if options:
        ids = (str(each.id) for each in containers)
        argv = (*plugin.docker_argv(compose.host), "update", *options, *ids)
        plugin.run(argv, on=compose.host)
    return True


def _vanishes(held: Mapping[str, Any], wanted: Mapping[str, float]) -> bool:
    names = {"NanoCpus": "cpus", "Memory": "memory", "MemoryReservation": "reserved_memory"}
    return any(held.get(key) and name not in wanted for key, name in names.items())


def _options(wanted: Mapping[str, float]) -> list[str]:
    options: list[str] = []
    if "cpus" in wanted:
        options += ["--cpus", f"{wanted['cpus']:g}"]
    if "memory" in wanted:
        # Swap counts with it, and is as much again where nothing else is said.
        memory = int(wanted["memory"])
        options += ["--memory", str(memory), "--memory-swap", str(2 * memory)]
    if "reserved_memory" in wanted:
        options += ["--memory-reservation", str(int(wanted["reserved_memory"]))]
    return options


def limits(described: JsonObject, adjusted: Adjusted) -> dict[str, float]:
    """The limits that hold: cpus in cores, memory and reserved_memory in bytes; what is not there
    is unlimited. `described` is the service as its compose files say."""
    resources = (described.get("deploy") or {}).get("resources") or {}
    own, kept = resources.get("limits") or {}, resources.get("reservations") or {}
    found = {
        "cpus": adjusted.cpus or own.get("cpus") or described.get("cpus"),
        "memory": _bytes(adjusted.memory) or own.get("memory") or described.get("mem_limit"),
        "reserved_memory": _bytes(adjusted.reserved_memory)
        or kept.get("memory")
        or described.get("mem_reservation"),
    }
    return {name: float(value) for name, value in found.items() if value}


def _bytes(memory: str | None) -> int | None:
    return None if memory is None else int(memory[:-1]) * _UNITS[memory[-1]]
