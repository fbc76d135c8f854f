"""What was to happen by itself, and what became of it."""

from typing import Literal

from pydantic import AwareDatetime

from playbooks.model.base import Model


class Job(Model):
    """One time that a schedule of the stack was to do something. `ended` is how; `why` says more
    where it did not succeed. `run` is what it made, where it made one."""

    name: str
    at: AwareDatetime
    ended: Literal["well", "badly", "not yet", "left out"]
    why: str = ""
    run: str = ""
