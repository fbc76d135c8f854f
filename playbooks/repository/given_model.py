"""What somebody brought, as data. Pure."""

from datetime import datetime
from typing import Literal

from playbooks.model.base import Model

Form = Literal["backup", "pg_dump", "rdb", "tar"]


_KINDS: dict[Form, str] = {"pg_dump": "postgres", "rdb": "redis", "tar": "files"}


class Given(Model):
    """What somebody brought. `identity` changes with its content; `bytes` is what it takes.

    Of a backup that Interlock made also: `source` (`prod/relica`) when it is another stack's, its
    id, when it was made, and the datastores in it.
    """

    path: str
    form: Form
    bytes: int
    identity: str
    source: str = ""
    backup: str = ""
    made_at: datetime | None = None
    datastores: tuple[str, ...] = ()


def kind_of(form: Form) -> str:
    """The kind of datastore that a bare file is for."""
    return _KINDS[form]
