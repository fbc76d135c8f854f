"""What is said of a host that is not there, and for how long that stands."""

from playbooks.errors import HostError
from playbooks.model.hosts import SshHost, TlsHost

REMEMBERED_SECONDS = 5.0
LOOPBACK = "127.0.0.1"


def away(host: SshHost | TlsHost, why: str) -> HostError:
    """That a host is not there, and why."""
    return HostError(
        f"{host.title} cannot be reached: {why.rstrip('.')}.",
        f"Look whether it is up, and listens on port {host.port}.",
    )
