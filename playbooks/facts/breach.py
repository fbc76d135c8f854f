"""What is known of services that may have been broken into."""

from typing import Any

from playbooks.errors import FactUnavailable, HostError
from playbooks.hosts.colours.live import compose_now
from playbooks.hosts.evidence import attacked
from playbooks.model.base import JsonObject, Model
from playbooks.model.breach import AttackedService
from playbooks.ports import Reading
from playbooks.registry import Reader


class AttackedArgs(Model):
    """With `counted` also what the file systems of its containers take: that takes a while."""

    service: str
    counted: bool = False


def service(reading: Reading, args: AttackedArgs) -> JsonObject:
    """An `AttackedService`."""
    compose = compose_now(reading.stack, args.service)
    name = reading.stack.container_of(args.service)
    if compose is None or name is None:
        raise FactUnavailable(f"{args.service} runs in no container of a compose project")
    try:
        found = attacked(compose, name, counted=args.counted)
    except HostError as error:
        raise FactUnavailable(error.message, error.hint) from error
    return AttackedService(containers=found).model_dump(mode="json")


READERS: tuple[Reader[Any], ...] = (Reader("breach.service", AttackedArgs, service),)
