"""The manifest: what a backup says about itself, so that it can be found and restored without us.

It is the last object written. Its text is canonical JSON whose key `sha256` is the checksum of all
the rest, so that any changed bit of the file is noticed. That rule stays the same in every format.
"""

import hashlib
import json
import re
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated, Literal

from pydantic import Field, ValidationError, field_serializer, field_validator

from playbooks.errors import BrokenBackup, NewerFormat
from playbooks.model.base import JsonObject, Model, canonical_json, digest_of

FORMAT = 1
# The media type of what pg_dump writes in its custom format.
DUMP_MEDIA = "application/x-postgresql-dump"

Origin = Literal["asked", "scheduled", "safety", "given"]
Codec = Literal["plain", "zstd", "age", "zstd+age"]

BACKUP_ID = re.compile(r"^\d{8}-\d{6}-[a-z0-9]{4,16}$")
BackupId = Annotated[str, Field(pattern=BACKUP_ID.pattern)]
ArtifactName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Artifact(Model):
    """One stored object. `name` is its name in the backup's folder.

    `bytes` and `plain_sha256` describe what the source gave, `stored_bytes` and `sha256` what
    rests in the repository after `codec`. `media` is the plain content's media type.
    """

    name: ArtifactName
    bytes: int = Field(ge=0)
    stored_bytes: int = Field(ge=0)
    sha256: Sha256
    plain_sha256: Sha256
    codec: Codec
    media: str = "application/octet-stream"


class StoreEntry(Model):
    """One datastore's part of a backup. `facts` are JSON whose shape belongs to `kind`."""

    datastore: str
    kind: str
    artifacts: tuple[Artifact, ...]
    facts: JsonObject = {}
    seconds: float = 0.0

    @property
    def bytes(self) -> int:
        return sum(artifact.bytes for artifact in self.artifacts)

    @property
    def stored_bytes(self) -> int:
        return sum(artifact.stored_bytes for artifact in self.artifacts)

    def artifact(self, name: str) -> Artifact:
        """Raises BrokenBackup with the names there are."""
        for artifact in self.artifacts:
            if artifact.name == name:
                return artifact
        names = ", ".join(artifact.name for artifact in self.artifacts) or "none"
        raise BrokenBackup(f"The backup of {self.datastore} has no {name!r}; it has: {names}.")


class MadeBy(Model):
    """What wrote the backup."""

    interlock: str


class Manifest(Model):
    """A whole backup. `id` is `{started}-{run}`; `consistency` is one sentence for people."""

    format: int = FORMAT
    id: BackupId
    stack: str
    environment: str
    origin: Origin
    run: str
    requester: str
    made_at: datetime
    made_by: MadeBy
    stores: dict[str, StoreEntry]
    consistency: str = ""

    @field_validator("made_at")
    @classmethod
    def _aware(cls, value: datetime) -> datetime:
        if value.tzinfo is None:
            raise ValueError("made_at needs a time zone")
        return value.astimezone(UTC)

    @field_serializer("made_at")
    def _with_z(self, value: datetime) -> str:
        return value.isoformat().replace("+00:00", "Z")

    @property
    def bytes(self) -> int:
        return sum(entry.bytes for entry in self.stores.values())

    @property
    def stored_bytes(self) -> int:
        return sum(entry.stored_bytes for entry in self.stores.values())

    def store(self, datastore: str) -> StoreEntry:
        """Raises BrokenBackup with the datastores there are."""
        if datastore not in self.stores:
            names = ", ".join(self.stores) or "nothing"
            raise BrokenBackup(f"Backup {self.id} does not hold {datastore}; it holds: {names}.")
        return self.stores[datastore]


def backup_id(started: datetime, run: str) -> str:
    """The id of the one backup that a run makes: `20261122-010203-k3f9q2`."""
    return f"{started.astimezone(UTC):%Y%m%d-%H%M%S}-{run}"


def made_by_us() -> MadeBy:
    """This Interlock's version, `unknown` when it runs without being installed."""
    try:
        return MadeBy(interlock=version("interlock"))
    except PackageNotFoundError:
        return MadeBy(interlock="unknown")


def render(manifest: Manifest) -> bytes:
    """The manifest file's bytes."""
    body = manifest.model_dump(mode="json")
    return (canonical_json({**body, "sha256": digest_of(body)}) + "\n").encode()


def checksum(content: bytes) -> str:
    """SHA-256 of the manifest file's bytes: the fact that a restore is bound to."""
    return hashlib.sha256(content).hexdigest()


def parse(content: bytes, where: str) -> Manifest:
    """Reads a manifest file. `where` names it in messages.

    Raises NewerFormat when a newer Interlock wrote it, BrokenBackup when it was cut or changed.
    """
    body = _json_object(content, where)
    written = body.get("format")
    if isinstance(written, int) and written > FORMAT:
        raise NewerFormat(
            f"{where} is written in format {written}; this Interlock reads up to {FORMAT}.",
            "Use the Interlock that wrote it, or a newer one.",
        )
    stated = body.pop("sha256", None)
    if stated != digest_of(body):
        raise BrokenBackup(f"{where} was changed after it was written: its checksum is not right.")
    if (canonical_json({**body, "sha256": stated}) + "\n").encode() != content:
        raise BrokenBackup(f"{where} was changed after it was written: its text is not canonical.")
    try:
        return Manifest.model_validate(body)
    except ValidationError as error:
        raise BrokenBackup(f"{where} does not describe a backup: {error}") from error


def _json_object(content: bytes, where: str) -> JsonObject:
    try:
        body = json.loads(content)
    except ValueError as error:
        raise BrokenBackup(f"{where} is cut or changed: it is no JSON ({error}).") from error
    if not isinstance(body, dict):
        raise BrokenBackup(f"{where} is changed: it is JSON, but no object.")
    return body
