"""The Docker Engines of a stack."""

from playbooks.model.hosts import Host, LocalHost
from playbooks.model.stack import Stack


def engines_of(stack: Stack) -> tuple[Host, ...]:
    """The hosts whose engines run its containers, its own first; none without containers."""
    if stack.compose is None:
        return ()
    composed = (stack.compose_of(name) for name in stack.services)
    return tuple(dict.fromkeys((stack.compose.host, *(each.host for each in composed if each))))


def elsewhere(stack: Stack, service: str) -> str:
    """What the host is called whose engine runs the service; nothing where that is this host's."""
    compose = stack.compose_of(service)
    return "" if compose is None or isinstance(compose.host, LocalHost) else compose.host.title
