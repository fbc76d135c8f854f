"""What can be done with two projects beside each other: bring one up, send traffic to it, let the
other's connections end, remove it."""

import time
from typing import Any

from playbooks.byhand import bluegreen as by_hand
from playbooks.errors import ActionFailed
from playbooks.hosts.colours.live import note_live
from playbooks.hosts.colours.of_stack import colour_of, route_of, rules_of
from playbooks.hosts.colours.project import Colour
from playbooks.hosts.colours.routing import Mark, Side, mark_of, written
from playbooks.model.base import JsonObject, Model
from playbooks.ports import Work
from playbooks.registry import Action, Probe

_POLL_SECONDS = 0.25


class OneProject(Model):
    """One of the two compose projects."""

    project: str


class StartArgs(Model):
    """The project and the version that it is to run."""

    project: str
    version: str


class SwitchArgs(Model):
    """Where traffic is to go, and where it went before."""

    project: str
    before: str | None = None


class ContentArgs(Model):
    """What the switch's file held; None where it was not there."""

    content: str | None = None


def start(work: Work, args: StartArgs) -> JsonObject:
    """Output {containers: [id]}."""
    made = colour_of(work.stack, args.project).up(args.version)
    return {"containers": [str(each.id) for each in made]}


def await_health(work: Work, args: OneProject) -> JsonObject:
    """Output {ms}. Fails when a container ends, or at the longest `start_seconds`."""
    colour = colour_of(work.stack, args.project)
    seconds = max(work.stack.service(name).start_seconds for name in colour.rules.services)
    began = time.monotonic()
    while True:
        unwell = _unwell(colour)
        waited = time.monotonic() - began
        if not unwell:
            return {"ms": round(waited * 1000)}
        if waited > seconds:
            raise ActionFailed(f"{args.project} is not well after {seconds:g} s: {unwell}.")
        work.progress(round(waited), round(seconds), "seconds")
        work.check_stop()
        time.sleep(_POLL_SECONDS)


def switch(work: Work, args: SwitchArgs) -> JsonObject:
    """Output {servers: [HOST:PORT]}."""
    colour, route = colour_of(work.stack, args.project), route_of(work.stack)
    servers = colour.servers()
    before = colour_of(work.stack, args.before) if args.before else None
    mark = Mark(
        live=Side(project=colour.name, version=colour.version),
        previous=Side(project=before.name, version=before.version) if before else None,
    )
    route.put(written(route.switch, mark, servers))
    note_live(colour.rules, colour.name)
    return {"servers": list(servers)}


def put_back(work: Work, args: ContentArgs) -> JsonObject:
    """The switch as it was. Output {}."""
    route_of(work.stack).put(None if args.content is None else args.content.encode())
    mark = mark_of(args.content)
    note_live(rules_of(work.stack), mark.live.project if mark else None)
    return {}


def is_live(work: Work, args: SwitchArgs) -> JsonObject:
    """Probe of a switch: done when traffic goes there."""
    mark = mark_of(route_of(work.stack).content())
    there = mark is not None and mark.live.project == args.project
    return Probe(state="done" if there else "not_done").model_dump()


def drain(work: Work, args: OneProject) -> JsonObject:
    """Output {seconds, left: connections that were left|null}."""
    rules = rules_of(work.stack)
    seconds = rules.drain.total_seconds()
    began = time.monotonic()

    def look_around(gone: float) -> None:
        work.progress(round(gone), round(seconds), "seconds")
        work.check_stop()

    left = colour_of(work.stack, args.project).drain(seconds, look_around)
    told: JsonObject = {"seconds": round(time.monotonic() - began, 1), "left": left}
    if left:
        told["warnings"] = [
            f"{left} connections to {args.project} were still open after {seconds:g} s; they end "
            "when it is removed."
        ]
    return told


def remove(work: Work, args: OneProject) -> JsonObject:
    """Output {}. Never the project that has the traffic."""
    mark = mark_of(route_of(work.stack).content())
    if mark is not None and mark.live.project == args.project:
        raise ActionFailed(
            f"{args.project} has the traffic, so it is not removed.",
            f"`/ops bluegreen {work.stack.name} switch` sends it to the other one first.",
        )
    colour_of(work.stack, args.project).remove()
    return {}


def _unwell(colour: Colour) -> str:
    """What is not well yet, or nothing. Raises ActionFailed when a container has ended."""
    waiting = []
    for service in colour.rules.services:
        containers = colour.containers(service)
        ended = [each.name for each in containers if each.status in {"exited", "dead"}]
        if ended:
            raise ActionFailed(
                f"{', '.join(ended)} ended while it was waited for.", "Look at its log."
            )
        if not containers:
            waiting.append(f"{service} has no container")
        waiting += [
            f"{each.name} is {each.health or each.status}"
            for each in containers
            if not each.up or each.health not in {"", "healthy"}
        ]
    return ", ".join(waiting)


ACTIONS: tuple[Action[Any], ...] = (
    Action("bluegreen.start", StartArgs, start, by_hand.start),
    Action("bluegreen.await_health", OneProject, await_health, by_hand.await_health),
    Action("bluegreen.switch", SwitchArgs, switch, by_hand.switch),
    Action("bluegreen.put_back", ContentArgs, put_back, by_hand.put_back),
    Action("bluegreen.is_live", SwitchArgs, is_live, by_hand.is_live),
    Action("bluegreen.drain", OneProject, drain, by_hand.drain),
    Action("bluegreen.remove", OneProject, remove, by_hand.remove),
)
