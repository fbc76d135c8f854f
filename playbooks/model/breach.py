"""What is known beforehand for the day when data may have leaked."""

from pathlib import Path

from playbooks.model.base import JsonObject, Model


class Breach(Model):
    """`evidence` is the folder of this host where copies of what was attacked are kept, for their
    owner only; it should be no folder that backups or clean-ups reach."""

    evidence: Path = Path("evidence")


class Joined(Model):
    """How a container takes part in one network. `address` is one that it was given for good."""

    network: str
    name: str
    aliases: tuple[str, ...] = ()
    address: str = ""


class Attacked(Model):
    """A container as evidence sees it. `networks` are those it is on; `mode` is the engine's word
    for how it gets its network; `bytes` is what all of its file system takes, None where that was
    not counted; `volumes` are the places where something is mounted."""

    id: str
    name: str
    image: str
    up: bool
    mode: str = ""
    networks: tuple[Joined, ...] = ()
    bytes: int | None = None
    volumes: tuple[str, ...] = ()


class AttackedService(Model):
    """All containers of a service."""

    containers: tuple[Attacked, ...] = ()


class EvidenceFile(Model):
    """One file of the evidence; `path` is below its folder."""

    path: str
    bytes: int
    sha256: str


class Gathered(Model):
    """What was kept of one container: its files, and the image that was made of it."""

    service: str
    container: str
    id: str
    image: str
    kept_image: str
    files: tuple[EvidenceFile, ...] = ()


class Custody(Model):
    """What the audit has of evidence: where it is, what it holds, and the checksum of the list of
    all its files, which has theirs."""

    incident: str
    folder: str
    files: int
    bytes: int
    sha256: str

    def told(self) -> JsonObject:
        return self.model_dump(mode="json")
