"""What the steps of a data breach share: their names, parameters, and what is known of services."""

from collections.abc import Mapping, Sequence

from pydantic import Field

from playbooks.errors import BadArgument
from playbooks.model.base import Model
from playbooks.model.breach import Attacked, AttackedService, Custody, Joined
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import Line
from playbooks.model.stack import Stack
from playbooks.sizes import counted

ISOLATE, RECONNECT, PRESERVE = "breach-isolate", "breach-reconnect", "breach-preserve"
REVOKE, ERADICATE, REVIEW = "breach-revoke", "breach-eradicate", "breach-review"
_SHORT = 19


class IsolateParams(Model):
    """Services, for which incident."""

    incident: str
    services: tuple[str, ...] = Field(min_length=1)


class ReconnectParams(Model):
    """The networks that containers were on, by service and id of the container."""

    incident: str
    networks: dict[str, dict[str, tuple[Joined, ...]]]


class PreserveParams(IsolateParams):
    """With `volumes` also what is mounted into the containers."""

    volumes: bool = False


class RevokeParams(Model):
    """PostgreSQL datastores whose sessions end."""

    incident: str
    datastores: tuple[str, ...] = Field(min_length=1)


class ReviewParams(Model):
    """All evidence that was gathered, as the audit has it."""

    incident: str
    kept: tuple[Custody, ...] = ()


def attacked_query(service: str, *, sized: bool = False) -> FactQuery:
    return FactQuery(fact="breach.service", args={"service": service, "counted": sized})


def attacked_services(
    stack: Stack, services: Sequence[str], facts: Facts
) -> dict[str, tuple[Attacked, ...]]:
    """All containers of each. Raises FactUnavailable, UnknownName, and BadArgument for a service
    without any."""
    found = {}
    for name in services:
        stack.service(name)
        seen = AttackedService.model_validate(facts.of(attacked_query(name)))
        if not seen.containers:
            raise BadArgument(f"{name} of {stack.name} has no container.")
        found[name] = seen.containers
    return found


def containers_shown(found: Mapping[str, Sequence[Attacked]]) -> tuple[Line, ...]:
    """Each service with its containers, their images and networks."""
    return tuple(
        Line(
            label=name,
            value=", ".join(
                f"{each.name} of {each.image[:_SHORT]}, on "
                f"{', '.join(joined.name for joined in each.networks) or 'no network'}"
                for each in containers
            )
            or counted(0, "container"),
        )
        for name, containers in found.items()
    )


def common(stack: Stack, operation: str, params: Model) -> dict[str, object]:
    """What every plan opens with."""
    return {
        "operation": operation,
        "stack": stack.name,
        "environment": stack.environment,
        "params": params.model_dump(mode="json"),
    }
