"""How much of the host a service may take."""

from typing import Annotated

from pydantic import Field

from playbooks.model.base import Model

Memory = Annotated[str, Field(pattern=r"^[1-9][0-9]*[KMGT]$")]


class Size(Model):
    """What a service may take and what is kept for it: processors, and memory like `2G`.

    `replicas` is how many of it are wanted under load; `one_only` is why there can be only one.
    """

    cpus: float | None = Field(default=None, gt=0)
    memory: Memory | None = None
    reserved_cpus: float | None = Field(default=None, gt=0)
    reserved_memory: Memory | None = None
    replicas: int | None = Field(default=None, ge=1)
    one_only: str = ""
