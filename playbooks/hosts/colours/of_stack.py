"""The two projects of a stack, and its switch."""

from collections.abc import Sequence

from playbooks.errors import BadArgument
from playbooks.hosts.colours.project import Colour
from playbooks.hosts.colours.routing import Route
from playbooks.hosts.placing import Placing
from playbooks.hosts.shell import output_of, shell_of
from playbooks.model.bluegreen import BlueGreen
from playbooks.model.stack import Stack


def rules_of(stack: Stack) -> BlueGreen:
    """Raises BadArgument where the stack file says nothing of it."""
    rules = stack.deploy.bluegreen if stack.deploy else None
    if rules is None:
        raise BadArgument(
            f"{stack.name} cannot be brought up twice: its stack file does not say how.",
            "Describe it as `deploy.bluegreen`.",
        )
    return rules


def colour_of(stack: Stack, project: str) -> Colour:
    """Raises BadArgument for a project that is none of the two."""
    rules = rules_of(stack)
    if project not in rules.projects:
        raise BadArgument(
            f"{project!r} is no project of {stack.name}.", f"It has: {', '.join(rules.projects)}."
        )
    return Colour(stack, rules, project)


def route_of(stack: Stack) -> Route:
    """Raises BadArgument, HostError for a host without a shell."""
    rules, shell = rules_of(stack), shell_of(stack.host)
    opening = ("sudo", "--non-interactive", "--") if rules.sudo else ()

    def run(argv: Sequence[str], stdin: bytes = b"") -> bytes:
        return output_of(shell, (*opening, *argv), stdin)

    return Route(rules.switch, Placing(run))
