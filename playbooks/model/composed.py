"""A service as the compose files of its stack describe it."""

from collections.abc import Mapping

from playbooks.model.adjusted import Adjusted
from playbooks.model.base import Model


class ComposedFact(Model):
    """The answer of `compose.service`. `published` are fixed ports of the host, or ranges of them;
    `limits` as the files say: cpus in cores, memory and reserved_memory in bytes; `variables` are
    names only, for their values may be secret. `adjusted` is what Interlock changed for good; it is
    `kept_in` a file that belongs to one project."""

    image: str
    container_name: str = ""
    published: tuple[str, ...] = ()
    replicas: int = 1
    limits: Mapping[str, float] = {}
    variables: tuple[str, ...] = ()
    adjusted: Adjusted = Adjusted()
    kept_in: str = ""
