"""A compose project as its files describe it, and as its containers are."""

from playbooks.model.base import Model

EVERYWHERE = frozenset({"", "0.0.0.0", "::"})
"""The addresses that stand for all of a host's own."""


class PublishedPort(Model):
    """A port of the container that the host's own `published` leads to, which is empty where the
    engine chooses one; from `address` only, or from everywhere."""

    target: int
    published: str
    address: str
    protocol: str = "tcp"

    @property
    def to_the_world(self) -> bool:
        return self.address in EVERYWHERE

    @property
    def shown(self) -> str:
        """`0.0.0.0:8080 → 80`, for people."""
        where = f"{self.address or '0.0.0.0'}:{self.published or 'any port'}"
        return f"{where} → {self.target}" + ("" if self.protocol == "tcp" else f"/{self.protocol}")


class Weakness(Model):
    """A setting and what is wrong with it. Its value is never told."""

    setting: str
    why: str


class Described(Model):
    """One service of the files. `restart` is its policy, empty for none; `hashes` are what compose
    notes on containers that it makes of it, together with others or alone."""

    image: str
    ports: tuple[PublishedPort, ...] = ()
    health: bool
    restart: str
    memory: bool
    processors: bool
    log_driver: str
    log_rotates: bool
    weak: tuple[Weakness, ...] = ()
    hashes: tuple[str, ...] = ()


class Effective(Model):
    """What the compose files come to. `text` is YAML without secrets. `unset` are variables without
    a value. `refused` is why compose does not take the files, and then nothing else is known."""

    services: dict[str, Described] = {}
    text: str = ""
    unset: tuple[str, ...] = ()
    refused: str = ""


class Contained(Model):
    """One container of the project, with what the engine made of its settings. `behind`: its image
    has another one under its name by now, on this host."""

    service: str
    name: str
    hash: str
    up: bool
    health: bool
    restart: str
    memory: bool
    log_driver: str
    log_rotates: bool
    ports: tuple[PublishedPort, ...] = ()
    behind: bool = False


class ContainedProject(Model):
    """All containers of a compose project, those of no service included."""

    containers: tuple[Contained, ...]
