"""A service of a compose project, by hand."""

from playbooks.byhand.known import Known, Lines
from playbooks.byhand.shell import Shell, command
from playbooks.hosts.colours.live import compose_now
from playbooks.hosts.compose import base_argv, create_argv, start_argv, stop_argv
from playbooks.model.base import JsonObject
from playbooks.model.compose import Compose

_HEALTHY = Shell('grep --quiet --fixed-strings \'"Health":"healthy"\'')


def start(compose: Compose, service: str) -> Lines:
    return (command(*start_argv(compose, service)),)


def create(compose: Compose, service: str) -> Lines:
    return (command(*create_argv(compose, service)),)


def stop(compose: Compose, service: str, seconds: float | None) -> Lines:
    return (command(*stop_argv(compose, service, seconds)),)


def state(compose: Compose, service: str) -> Lines:
    return (command(*base_argv(compose), "ps", "--all", service),)


def await_health(compose: Compose, service: str, seconds: float) -> Lines:
    asking = command(*base_argv(compose), "ps", "--format", "json", service)
    return (f"until {asking} | {_HEALTHY}; do sleep 1; done  # give up after {seconds:g} s",)


def composed(known: Known, args: JsonObject) -> tuple[Compose, str] | None:
    """The compose service that the arguments name, None where none runs it."""
    name = str(args["service"])
    container, project = known.stack.container_of(name), compose_now(known.stack, name)
    return None if project is None or container is None else (project, container)
