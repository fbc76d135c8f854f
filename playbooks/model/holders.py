"""Who listens on the ports of a host."""

from ipaddress import ip_address

from playbooks.model.base import Model


class Holder(Model):
    """One port that is listened on at `address`, and by whom, as far as it can be seen: a process
    of the host, or a container, maybe of a compose `project` as its `service`."""

    address: str
    port: int
    protocol: str = "tcp"
    pid: int | None = None
    program: str = ""
    container: str = ""
    project: str = ""
    service: str = ""
    target: int | None = None

    @property
    def to_the_world(self) -> bool:
        """Whether others than the host itself reach it, as far as no firewall is in between."""
        return not ip_address(self.address).is_loopback

    @property
    def shown(self) -> str:
        """`container arc_postgres, port 5432 of it`, for people."""
        if self.container:
            inside = f", its port {self.target}" if self.target not in (None, self.port) else ""
            return f"container {self.container}{inside}"
        if self.pid is None:
            return "a process that may not be looked at"
        return f"{self.program}, pid {self.pid}"


class Holders(Model):
    """All ports that are listened on. `why` says what could not be seen, else nothing."""

    holders: tuple[Holder, ...]
    why: str = ""
