"""Secrets that can be rotated: what they let in to, where they stand, and who reads them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from playbooks.model.base import Model, Name
from playbooks.model.compose import Variable
from playbooks.model.datastores import Datastore, PostgresAccess, RedisStore
from playbooks.model.scripts import Argv


class SecretPlace(Model):
    """A file of this host that holds the value: in `variable` of an env file, or all of it."""

    file: Path
    variable: Variable | None = None

    @property
    def reference(self) -> str:
        return _reference(self.file, self.variable)

    def in_file(self, file: Path) -> str:
        """The same in a copy of the file."""
        return _reference(file, self.variable)


class _Rotated(Model):
    """`places` are where the value stands; the first one is where the present one is read.
    `services` read it and are made anew in the order of their needs; without them those that need
    the service of the datastore."""

    places: tuple[SecretPlace, ...] = Field(min_length=1)
    services: tuple[Name, ...] = ()


class PostgresSecret(_Rotated):
    """The password of a role of a PostgreSQL; without `role` the one that Interlock uses. That
    datastore's own `password` has to be a reference to one of `places`, so that Interlock follows.
    """

    kind: Literal["postgres"]
    datastore: Name
    role: str = ""


class RedisSecret(_Rotated):
    """The password of a user of a Redis; without `user` the one that Interlock uses, or the default
    one. A Redis that is given it by its environment belongs to `services`, too."""

    kind: Literal["redis"]
    datastore: Name
    user: str = ""


class ScriptSecret(_Rotated):
    """What the stack's own program changes: `set` gets the old and the new value on its standard
    input, a line each, and ends with 0. `check` gets one value there, and ends with 0 when it is
    let in."""

    kind: Literal["script"]
    set: Argv
    check: Argv
    directory: Path
    seconds: float = Field(default=60.0, gt=0)


class VariableSecret(_Rotated):
    """What only its services know: a signing key for instance."""

    kind: Literal["variable"]


RotatedSecret = Annotated[
    PostgresSecret | RedisSecret | ScriptSecret | VariableSecret, Field(discriminator="kind")
]


def check_secrets(
    secrets: Mapping[str, RotatedSecret],
    datastores: Mapping[str, Datastore],
    services: Mapping[str, object],
) -> None:
    """Raises ValueError for the first one that names what is not there."""
    for name, secret in secrets.items():
        for service in secret.services:
            if service not in services:
                raise ValueError(f"secrets.{name}.services names the unknown service {service!r}")
        if isinstance(secret, PostgresSecret | RedisSecret):
            wanted = PostgresAccess if isinstance(secret, PostgresSecret) else RedisStore
            if not isinstance(datastores.get(secret.datastore), wanted):
                raise ValueError(
                    f"secrets.{name}.datastore: {secret.datastore!r} is no {secret.kind}"
                )


def _reference(file: Path, variable: str | None) -> str:
    return f"env-file:{file}#{variable}" if variable else f"file:{file}"
