"""The artifacts of a backup one after the other, with one progress over all of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from playbooks.ports import Work
from playbooks.repository.codec import Progress
from playbooks.repository.listing import folder_of
from playbooks.repository.manifest import Artifact, Manifest, StoreEntry


@dataclass(frozen=True)
class Part:
    """One artifact; `before` and `total` are stored bytes of all that are read."""

    path: str
    artifact: Artifact
    before: int
    total: int

    def progress(self, work: Work) -> Progress:
        return lambda done, _: work.progress(self.before + done, self.total)


def parts_of(manifest: Manifest, stores: Sequence[StoreEntry] | None = None) -> tuple[Part, ...]:
    """The artifacts of these stores; of all by default."""
    chosen = manifest.stores.values() if stores is None else stores
    artifacts = [artifact for entry in chosen for artifact in entry.artifacts]
    total = sum(artifact.stored_bytes for artifact in artifacts)
    parts: list[Part] = []
    before = 0
    for artifact in artifacts:
        path = f"{folder_of(manifest.stack, manifest.id)}/{artifact.name}"
        parts.append(Part(path, artifact, before, total))
        before += artifact.stored_bytes
    return tuple(parts)
