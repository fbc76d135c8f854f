"""What the compose files of a stack say of a service, and what Interlock changed of that."""

from typing import Any

from playbooks.errors import FactUnavailable, HostError
from playbooks.facts.service import OneService
from playbooks.hosts.adjusting import adjustments_of, limits
from playbooks.hosts.colours.live import compose_now
from playbooks.hosts.compose import services_of
from playbooks.model.adjusted import Adjusted
from playbooks.model.base import JsonObject
from playbooks.model.compose import Compose
from playbooks.model.composed import ComposedFact
from playbooks.ports import Reading
from playbooks.registry import Reader


def described(reading: Reading, args: OneService) -> JsonObject:
    """A `ComposedFact`."""
    compose = compose_now(reading.stack, args.service)
    name = reading.stack.container_of(args.service)
    if compose is None or name is None:
        raise FactUnavailable(
            f"{args.service} of {reading.stack.name} runs in no container of a compose project."
        )
    try:
        found, adjusted = services_of(compose), adjustments_of(compose).of(name)
    except HostError as error:
        raise FactUnavailable(error.message, error.hint) from error
    if name not in found:
        raise FactUnavailable(f"The compose files of {compose.project} have no service {name!r}.")
    return _fact(compose, found[name], adjusted).model_dump(mode="json")


def _fact(compose: Compose, own: JsonObject, adjusted: Adjusted) -> ComposedFact:
    deploy = own.get("deploy") or {}
    return ComposedFact(
        kept_in=compose.adjustments.name,
        image=str(own.get("image", "")),
        container_name=str(own.get("container_name") or ""),
        published=tuple(
            str(each["published"]) for each in own.get("ports") or () if each.get("published")
        ),
        replicas=own.get("scale") or deploy.get("replicas") or 1,
        limits=limits(own, Adjusted()),
        variables=tuple(sorted(own.get("environment") or {})),
        adjusted=adjusted,
    )


READERS: tuple[Reader[Any], ...] = (Reader("compose.service", OneService, described),)
