"""Whether one service reaches another."""

from typing import Any

from playbooks.errors import FactUnavailable, HostError, InputError
from playbooks.hosts.between_services import reach
from playbooks.model.base import JsonObject, Model
from playbooks.model.service import Port
from playbooks.ports import Reading
from playbooks.registry import Reader


class ReachArgs(Model):
    """Two services of the stack; without `port` the target's own."""

    source: str
    target: str
    port: Port | None = None


def reached(reading: Reading, args: ReachArgs) -> JsonObject:
    """A `playbooks.model.reach.Reach`. Takes some seconds."""
    try:
        found = reach(reading.stack, args.source, args.target, args.port)
    except (HostError, InputError) as error:
        raise FactUnavailable(error.message, error.hint) from error
    return found.model_dump(mode="json")


READERS: tuple[Reader[Any], ...] = (Reader("net.reach", ReachArgs, reached),)
