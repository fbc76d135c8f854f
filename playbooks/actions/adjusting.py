"""Keeping what was changed of a service beyond the next `up`."""

from typing import Any, Literal

from playbooks.byhand import adjusting as by_hand
from playbooks.errors import HostError
from playbooks.hosts import adjusting
from playbooks.hosts.colours.following import follow_traffic
from playbooks.hosts.colours.live import compose_now
from playbooks.model.adjusted import Adjusted
from playbooks.model.base import JsonObject, Model
from playbooks.ports import Work
from playbooks.registry import Action


class AdjustArgs(Model):
    """`follow` is how the containers follow: more or fewer of them (`count`), made `anew`, or an
    `update` of those that run."""

    service: str
    adjusted: Adjusted
    follow: Literal["count", "anew", "update"]


def adjust(work: Work, args: AdjustArgs) -> JsonObject:
    """Output {containers: [id]}. Once begun it is never left half way."""
    compose = compose_now(work.stack, args.service)
    name = work.stack.container_of(args.service)
    if compose is None or name is None:
        raise HostError(f"{args.service} of {work.stack.name} runs in no container of a project.")
    made = adjusting.adjust(compose, name, args.adjusted, args.follow)
    follow_traffic(work, args.service)
    return made


ACTIONS: tuple[Action[Any], ...] = (Action("compose.adjust", AdjustArgs, adjust, by_hand.adjust),)
