"""Where backups rest, as a stack file says it."""

import re
from typing import Self

from pydantic import field_validator, model_validator

from playbooks.model.base import Model
from playbooks.model.secret import SecretRef

_SHAPES = {
    "file": (re.compile(r"^file:///.+$"), "file:///FOLDER"),
    "s3": (re.compile(r"^s3://[a-z0-9][a-z0-9.-]{1,62}(/.*)?$"), "s3://BUCKET/PREFIX"),
    "azure": (
        re.compile(r"^azure://[a-z0-9]{3,24}/[a-z0-9$][a-z0-9-]{1,62}(/.*)?$"),
        "azure://ACCOUNT/CONTAINER/PREFIX",
    ),
}


class Access(Model):
    """How a repository in S3 or Azure Blob Storage is reached.

    `endpoint` is the URL of the service, where it is not Amazon's or Microsoft's own; a plain
    `http://` is used as it is. `region` and `key_id`, which is no secret, are for S3 only. `key`
    is S3's secret access key or the Azure account's key; `token` a session token (S3) or a shared
    access signature (Azure), with which `backups get` gives no links that work. Without any of
    them the identity of the machine is used.
    """

    endpoint: str = ""
    region: str = "us-east-1"
    key_id: str = ""
    key: SecretRef | None = None
    token: SecretRef | None = None


class Place(Model):
    """A repository: a folder, `s3://BUCKET/PREFIX` or `azure://ACCOUNT/CONTAINER/PREFIX`.

    `access` says how one that is not a folder is reached.
    """

    repository: str
    access: Access | None = None

    @field_validator("repository")
    @classmethod
    def _is_a_place(cls, value: str) -> str:
        scheme, _, rest = value.partition("://")
        if not rest:
            return value
        if scheme not in _SHAPES:
            known = ", ".join(form for _, form in _SHAPES.values())
            raise ValueError(f"{scheme}:// is no repository; write one of {known}")
        shape, form = _SHAPES[scheme]
        if "@" not in rest and not shape.match(value):
            raise ValueError(f"{value!r} is no repository; write {form}")
        return value

    @model_validator(mode="after")
    def _access_fits(self) -> Self:
        if self.access is not None and not self.repository.startswith(("s3://", "azure://")):
            raise ValueError(f"access is for s3:// and azure://, not for {self.repository!r}")
        return self
