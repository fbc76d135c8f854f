"""What services and their host used over time."""

from collections.abc import Mapping
from datetime import datetime

from playbooks.model.base import Model


class Counted(Model):
    """What one part of a service has used. `spent` are processor seconds since the part's start at
    `id`, the same as long as it runs; `processor`, per cent of a core, where that is told at once.
    `memory` is in bytes."""

    id: str
    service: str
    memory: int
    spent: float | None = None
    processor: float | None = None


class HostCounted(Model):
    """`busy` and `whole` are processor seconds of all cores since the host's start."""

    cores: int
    busy: float
    whole: float
    memory: int
    available: int


class Counters(Model):
    """Everything of a stack that was counted in one sweep, at `moment` seconds of a steady clock.
    `missing` are services that could not be counted."""

    parts: tuple[Counted, ...]
    moment: float
    missing: tuple[str, ...] = ()


class Point(Model):
    """`processor` is in per cent of a core, None where it is not known yet; `memory` in bytes."""

    processor: float | None = None
    memory: int


class Sample(Model):
    """What each service of a stack used at one moment, and its host: `host` is in per cent of a
    core as well, of `cores` that it has."""

    at: datetime
    services: dict[str, Point] = {}
    host: Point | None = None
    cores: int | None = None


def points(now: Counters, before: Counters | None) -> dict[str, Point]:
    """By service, its parts together. A part that was not there before has no known processor use
    yet, and then its service has none either."""
    found: dict[str, list[Point]] = {}
    earlier = {each.id: each for each in before.parts} if before else {}
    elapsed = now.moment - before.moment if before else 0.0
    for part in now.parts:
        found.setdefault(part.service, []).append(_point(part, earlier, elapsed))
    return {service: _together(parts) for service, parts in found.items()}


def host_point(now: HostCounted, before: HostCounted | None) -> Point:
    """The use of all cores together, in per cent of one."""
    memory = now.memory - now.available
    whole = now.whole - before.whole if before else 0.0
    if before is None or whole <= 0:
        return Point(memory=memory)
    busy = max(0.0, now.busy - before.busy) / whole
    return Point(processor=round(100 * busy * now.cores, 2), memory=memory)


def _point(part: Counted, earlier: Mapping[str, Counted], elapsed: float) -> Point:
    if part.processor is not None:
        return Point(processor=round(part.processor, 2), memory=part.memory)
    known = earlier.get(part.id)
    if part.spent is None or known is None or known.spent is None or elapsed <= 0:
        return Point(memory=part.memory)
    spent = max(0.0, part.spent - known.spent)
    return Point(processor=round(100 * spent / elapsed, 2), memory=part.memory)


def _together(parts: list[Point]) -> Point:
    known = [each.processor for each in parts if each.processor is not None]
    return Point(
        processor=round(sum(known), 2) if len(known) == len(parts) else None,
        memory=sum(each.memory for each in parts),
    )
