"""What the engine has of a compose project."""

from playbooks.model.base import Model


class Held(Model):
    """A container, image, network or volume. `bytes` is what removing it frees, None where that is
    not known. `why` says what it is."""

    id: str
    name: str
    bytes: int | None = None
    why: str = ""


class ProjectFact(Model):
    """The answer of `project.objects`: everything there is of it, running or not. A volume's id is
    its name and when it was made."""

    containers: tuple[Held, ...] = ()
    networks: tuple[Held, ...] = ()
    volumes: tuple[Held, ...] = ()

    @property
    def nothing(self) -> bool:
        return not (self.containers or self.networks or self.volumes)


class LeftoversFact(Model):
    """The answer of `project.leftovers`: what nothing of the project uses any more."""

    containers: tuple[Held, ...] = ()
    images: tuple[Held, ...] = ()
    volumes: tuple[Held, ...] = ()
