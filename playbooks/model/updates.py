"""What waits to be updated: images behind their tags, packages of the host."""

from playbooks.model.base import Model


class ImageUpdate(Model):
    """The image of a service. `running` are the digests under which it was pulled, `newest` the one
    that the registry has under the tag now; it is empty where `why` says what is not known."""

    service: str
    image: str
    running: tuple[str, ...] = ()
    newest: str = ""
    why: str = ""

    @property
    def waiting(self) -> bool | None:
        """Whether the registry has another one; None where that is unknown."""
        return None if not self.newest else self.newest not in self.running


class Package(Model):
    """A package of the host that has a newer version."""

    name: str
    installed: str
    candidate: str
    security: bool = False


class Packages(Model):
    """Packages that wait, by the lists that are `lists_age_seconds` old (None: not known)."""

    packages: tuple[Package, ...]
    lists_age_seconds: float | None = None
