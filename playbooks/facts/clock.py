"""What time it is."""

from typing import Any

from playbooks.model.base import JsonObject
from playbooks.ports import Reading
from playbooks.registry import NoArgs, Reader


def now(reading: Reading, _: NoArgs) -> JsonObject:
    """`{now}`: ISO 8601, UTC. To say how old something is; never binding."""
    return {"now": reading.now.isoformat().replace("+00:00", "Z")}


READERS: tuple[Reader[Any], ...] = (Reader("clock.now", NoArgs, now),)
