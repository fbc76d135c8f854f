"""The Redis of a stack, which runs in a container."""

from playbooks.errors import BadArgument, HostError
from playbooks.hosts.docker import containers_of
from playbooks.hosts.maintenance.redis import RedisSwitch
from playbooks.hosts.redis.cli import Cli
from playbooks.model.datastores import RedisStore
from playbooks.model.maintenance import RedisKey
from playbooks.model.stack import Stack
from playbooks.ports import Secrets


def redis_switch(stack: Stack, key: RedisKey, secrets: Secrets) -> RedisSwitch:
    """Raises BadArgument, HostError, SecretUnavailable."""
    service, compose = stack.container_of(key.service), stack.compose_of(key.service)
    if compose is None or service is None:
        raise BadArgument(
            f"{key.service} of {stack.name} runs in no container, and the key of its maintenance "
            "is only set in one."
        )
    running = [each for each in containers_of(compose.project, service, compose.host) if each.up]
    if len(running) != 1:
        raise HostError(
            f"{key.service} has {len(running)} containers that run; one is needed.",
            f"Start it: `/ops start {stack.name} {key.service}`.",
        )
    return RedisSwitch(key, _cli(stack, key, running[0].id, secrets))


def _cli(stack: Stack, key: RedisKey, container: str, secrets: Secrets) -> Cli:
    stores = (
        store
        for store in stack.datastores.values()
        if isinstance(store, RedisStore) and store.service == key.service
    )
    store = next(stores, None)
    if store is None:
        return Cli(container)
    password = secrets.resolve(store.password) if store.password else None
    return Cli(container, store.port, store.user, password)
