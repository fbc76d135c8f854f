"""Services that are made anew, so that they read what they are given again."""

from datetime import UTC, datetime

from playbooks.hosts import compose as plugin
from playbooks.hosts.colours.live import composes_now
from playbooks.hosts.containers.container import Container
from playbooks.hosts.docker import containers_of, engine_with
from playbooks.hosts.services import runner_of
from playbooks.model.base import JsonObject
from playbooks.model.compose import Compose
from playbooks.model.stack import Stack
from playbooks.ports import Secrets


def renew(stack: Stack, service: str, secrets: Secrets) -> JsonObject:
    """Containers are made anew, in both projects where there are two, processes and units
    restarted; what does not run is not started. Output {containers: [id]} or what the runner gives.
    Raises HostError."""
    name = stack.container_of(service)
    if name is not None:
        made = [_containers(compose, name) for compose in composes_now(stack, service)]
        return {"containers": [each for ids in made for each in ids]}
    runner = runner_of(stack, service)
    if runner is None or not runner.seen().up:
        return {}
    runner.stop(stack.stop_seconds(service))
    return runner.start(secrets)


def environment_of(stack: Stack, service: str) -> tuple[tuple[str, str], ...]:
    """Name and value of all variables of the service's containers."""
    found: list[tuple[str, str]] = []
    for container in _all_of(stack, service):
        with engine_with(container.id) as client:
            seen = client.api.inspect_container(container.id)
        for each in seen["Config"]["Env"] or ():
            variable, _, value = each.partition("=")
            found.append((variable, value))
    return tuple(found)


def made_since(stack: Stack, service: str, moment: datetime) -> bool:
    """Whether any container of the service was made after that moment."""
    return any(_made_at(container.id) > moment for container in _all_of(stack, service))


def _all_of(stack: Stack, service: str) -> tuple[Container, ...]:
    """Its containers, in both projects where there are two."""
    name = stack.container_of(service)
    if name is None:
        return ()
    return tuple(
        container
        for compose in composes_now(stack, service)
        for container in containers_of(compose.project, name, compose.host)
    )


def _made_at(container: str) -> datetime:
    """To the second."""
    with engine_with(container) as client:
        seen = client.api.inspect_container(container)
    return datetime.fromisoformat(seen["Created"][:19]).replace(tzinfo=UTC)


def _containers(compose: Compose, name: str) -> list[str]:
    before = containers_of(compose.project, name, compose.host)
    up = any(each.up for each in before)
    if before:
        argv = (
            *plugin.base_argv(compose),
            *("up", "--detach" if up else "--no-start", "--no-deps", "--no-build"),
            *("--pull", "never", "--force-recreate"),
            name,
        )
        with plugin.alone(compose):
            plugin.run(argv, on=compose.host)
    after = containers_of(compose.project, name, compose.host)
    return [each.id for each in after]
