"""Trees of files that are filled beside what is live, compared and exchanged with it: what actions
on folders of this host and on mounts of containers are told, and what they say."""

from pathlib import Path

from playbooks.errors import BrokenBackup, DatastoreError
from playbooks.folders.store import tar_name
from playbooks.folders.tree import Measure
from playbooks.model.base import JsonObject, Model
from playbooks.registry import Probe


class OneTree(Model):
    """A datastore that is a folder or a mount."""

    datastore: str


class ExtractArgs(OneTree):
    """`files` are those of `repository.fetch`, path by plain name."""

    files: dict[str, Path]

    @property
    def tar(self) -> Path:
        """Raises BrokenBackup when nothing of the kind was fetched."""
        name = tar_name(self.datastore)
        if name not in self.files:
            raise BrokenBackup(f"The backup of {self.datastore} has no {name}.")
        return self.files[name]


class CompareArgs(OneTree):
    """`digest` is that of the backup's index, `bytes` how much there is to read."""

    digest: str
    bytes: int | None = None


class CopyArgs(OneTree):
    """`run` is the run that made the copy: this one, or, to undo, an earlier one."""

    run: str


class ExchangeArgs(CopyArgs):
    """`live` and `side` are what was noted before the exchange, to tell the two apart."""

    live: str
    side: str


class ExchangeBackArgs(CopyArgs):
    """As ExchangeArgs; None when nothing was noted, and so nothing exchanged."""

    live: str | None
    side: str | None


def same(found: Measure, args: CompareArgs, where: str, untouched: str) -> JsonObject:
    """`{digest, entries, files, bytes}` of what was read back. Raises DatastoreError when that is
    not the backup's; `untouched` says what of the live data is certain, and where to look."""
    if found.digest != args.digest:
        raise DatastoreError(f"What was restored to {where} is not equal to the backup.", untouched)
    return {
        "digest": found.digest,
        "entries": found.entries,
        "files": found.files,
        "bytes": found.bytes,
    }


def not_exchanged(now: str, unclear: str) -> JsonObject:
    """The answer of a probe where the exchange is not whole; `unclear` says why when it is neither
    before nor halfway."""
    if now in {"before", "halfway"}:
        return Probe(state="not_done", why=f"the exchange is {now}").model_dump()
    return Probe(state="unclear", why=unclear).model_dump()
