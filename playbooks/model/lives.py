"""How often what a service runs in was started again by itself, and killed for want of memory."""

from datetime import datetime

from playbooks.model.base import Model


class Life(Model):
    """A container, or a unit of systemd. `restarts` counts since somebody started it; `killed_at`
    is when it was killed for want of memory last, as far as that is still known. `limit` is the
    memory in bytes that it may use, None where that is all of the host's."""

    id: str
    service: str
    name: str
    restarts: int
    killed_at: datetime | None = None
    limit: int | None = None


class Lives(Model):
    """Those of a stack. `missing` are services that could not be looked at, with the reason."""

    lives: tuple[Life, ...]
    missing: dict[str, str] = {}
