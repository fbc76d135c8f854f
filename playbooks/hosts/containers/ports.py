"""Where a port of a container is reached from here."""

from playbooks.errors import HostError
from playbooks.hosts.containers.container import Container, host_of
from playbooks.hosts.reach import address_on
from playbooks.model.hosts import LocalHost, TlsHost


def address_of(container: Container, port: int) -> tuple[str, int]:
    """Host and port: what is published where it is, else the container's own address; of another
    host through ssh where that leads there, else what is published.

    Raises HostError when it does not run, has neither, or its host is away.
    """
    if container.status != "running":
        raise HostError(f"{container.name} is {container.status}.", "Start it first.")
    on, published = host_of(container.id), container.published.get(port)
    if published is None and (isinstance(on, TlsHost) or not container.addresses):
        raise HostError(
            f"{container.name} publishes no port {port} and has no address of its own"
            f"{'' if isinstance(on, LocalHost) else ' that leads there from here'}.",
            "Publish the port in the compose file.",
        )
    place = published or (container.addresses[0], port)
    return place if isinstance(on, LocalHost) else address_on(on, place[1], place[0])


def authority_of(container: Container, port: int) -> str:
    """The same as in a URL: `127.0.0.1:7687`, `[fd00::2]:7687`."""
    host, number = address_of(container, port)
    return f"[{host}]:{number}" if ":" in host else f"{host}:{number}"
