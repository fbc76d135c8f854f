"""What two projects of a stack are, and which of them gets the traffic."""

from typing import Any

from playbooks.errors import ActionFailed, FactUnavailable
from playbooks.hosts.colours.of_stack import colour_of, route_of, rules_of
from playbooks.hosts.colours.project import Colour
from playbooks.hosts.colours.routing import mark_of
from playbooks.model.base import JsonObject
from playbooks.model.stack import Stack
from playbooks.ports import Reading
from playbooks.registry import NoArgs, Reader


def state(reading: Reading, _: NoArgs) -> JsonObject:
    """{live: project|null, previous: {project, version}|null, content: text|null of the switch's
    file, projects: {NAME: {version, services: {NAME: [{id, name, image, status, health}]}}},
    fixed: [why the idle project cannot be beside the other]}.

    Before the first switch the stack's own project is taken for the live one.
    """
    rules = rules_of(reading.stack)
    try:
        content = route_of(reading.stack).content()
        mark = mark_of(content)
        live = mark.live.project if mark else _own(reading.stack)
        idle = rules.other(live) if live else rules.projects[0]
        projects = {name: _project(colour_of(reading.stack, name)) for name in rules.projects}
        fixed = colour_of(reading.stack, idle).fixed()
    except ActionFailed as error:
        raise FactUnavailable(error.message, error.hint) from error
    return {
        "live": live,
        "previous": mark.previous.model_dump() if mark and mark.previous else None,
        "content": content,
        "projects": projects,
        "fixed": list(fixed),
    }


def _own(stack: Stack) -> str | None:
    """The stack's own project, where it is one of the two."""
    own = stack.compose.project if stack.compose else None
    return own if own in rules_of(stack).projects else None


def _project(colour: Colour) -> JsonObject:
    services = {
        service: [
            {
                "id": each.id,
                "name": each.name,
                "image": each.image,
                "status": each.status,
                "health": each.health,
            }
            for each in colour.containers(service)
        ]
        for service in colour.rules.services
    }
    return {"version": colour.version, "services": services}


READERS: tuple[Reader[Any], ...] = (Reader("bluegreen.state", NoArgs, state),)
