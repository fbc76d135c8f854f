"""A service that systemd runs."""

from typing import Annotated, Literal

from pydantic import Field

from playbooks.model.base import Model

# A unit's whole name, which never begins like an option.
Unit = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9_:][A-Za-z0-9_:.\\@-]{0,240}\.(service|socket|timer|target|path)$"),
]


class SystemdUnit(Model):
    """The unit as `systemctl` of the service's host knows it, written with its ending.

    With `sudo` it is operated through `sudo --non-interactive`. Units of `scope` user belong to the
    user that Interlock is there. `reload`: the unit takes up new settings by a reload, without
    being stopped.
    """

    unit: Unit
    sudo: bool = False
    scope: Literal["system", "user"] = "system"
    reload: bool = False
