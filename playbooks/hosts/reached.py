"""Where a port of a container is reached from here."""

from playbooks.errors import HostError
from playbooks.hosts.container import Container


def address_of(container: Container, port: int) -> tuple[str, int]:
    """Host and port: what is published where it is, else the container's own address.

    Raises HostError when it does not run, or has neither.
    """
    if container.status != "running":
        raise HostError(f"{container.name} is {container.status}.", "Start it first.")
    if port in container.published:
        return container.published[port]
    if not container.addresses:
        raise HostError(
            f"{container.name} publishes no port {port} and has no address of its own.",
            "Publish the port in the compose file.",
        )
    return container.addresses[0], port


def authority_of(container: Container, port: int) -> str:
    """The same as in a URL: `127.0.0.1:7687`, `[fd00::2]:7687`."""
    host, number = address_of(container, port)
    return f"[{host}]:{number}" if ":" in host else f"{host}:{number}"
