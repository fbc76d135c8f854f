"""Whether one service reaches another."""

from statistics import median

from playbooks.model.base import Model


class Reach(Model):
    """What was seen from inside the container of `source` when it connects to `target` at `port`.

    `networks` and `target_networks` are those of each, by name with its own address there.
    `resolved` are the addresses that the target's name has for the source, which took `dns_ms`.
    `times_ms` are connections that opened, `failures` the reasons of those that did not. `listens`
    are the addresses that the target itself listens at, None where that cannot be seen. `tool` is
    what asked, and `why` what kept it from asking.
    """

    source: str
    target: str
    port: int
    networks: dict[str, str] = {}
    target_networks: dict[str, str] = {}
    resolved: tuple[str, ...] = ()
    dns_ms: float | None = None
    times_ms: tuple[float, ...] = ()
    opened: int = 0
    failures: tuple[str, ...] = ()
    listens: tuple[str, ...] | None = None
    tool: str = ""
    why: str = ""

    @property
    def shared(self) -> tuple[str, ...]:
        """The networks that both are in."""
        return tuple(name for name in self.networks if name in self.target_networks)

    @property
    def expected(self) -> tuple[str, ...]:
        """The target's addresses in the networks that both are in."""
        return tuple(self.target_networks[name] for name in self.shared)

    @property
    def middle_ms(self) -> float | None:
        return median(self.times_ms) if self.times_ms else None
