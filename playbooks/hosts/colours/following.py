"""The proxy follows the containers of the project that has the traffic: started or made anew, they
have other addresses and ports, and one more of them is not known to it."""

import time
from importlib import import_module
from typing import TYPE_CHECKING

from playbooks.hosts.colours.live import switched_to
from playbooks.model.stack import Stack
from playbooks.ports import Work

if TYPE_CHECKING:
    from playbooks.hosts.colours.project import Colour

_POLL_SECONDS = 0.25


def follow_traffic(work: Work, service: str) -> None:
    """Traffic goes to the containers that the entry has now, where it was switched to them; of any
    other service nothing is done. Those that are well serve alone until the others are, too.
    Raises HostError."""
    live = switched_to(work.stack, service)
    if not live or service != _entry(work.stack):
        return
    # The engine's client is large, and a stack without containers does without.
    of_stack = import_module("playbooks.hosts.colours.of_stack")
    colour: Colour = of_stack.colour_of(work.stack, live)
    _settle(work, colour, work.stack.service(service).start_seconds)
    if any(each.up for each in colour.containers(service)):
        of_stack.route_of(work.stack).follow(colour.name, colour.servers())


def _entry(stack: Stack) -> str:
    rules = stack.deploy.bluegreen if stack.deploy else None
    return rules.entry if rules else ""


def _settle(work: Work, colour: "Colour", seconds: float) -> None:
    """Until all that run are well, or none of them is, or the time is over."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        running = [each for each in colour.containers(colour.rules.entry) if each.up]
        well = [each for each in running if each.health in {"", "healthy"}]
        if not well or len(well) == len(running):
            return
        work.check_stop()
        time.sleep(_POLL_SECONDS)
