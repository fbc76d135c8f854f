"""What a part of a service uses."""

from playbooks.model.base import Model


class Usage(Model):
    """`processor` is in per cent of one core, over the last moment. Bytes are since the start;
    None where they are not known. `limit` is None where memory has none of its own."""

    name: str
    processor: float
    memory: int
    limit: int | None = None
    received: int | None = None
    sent: int | None = None
    read: int | None = None
    written: int | None = None
    processes: int = 0
    restarts: int = 0
    killed_for_memory: bool = False


class ServiceUsage(Model):
    """What a service uses: one part a container, one for a local process, none of what is down."""

    parts: tuple[Usage, ...]
