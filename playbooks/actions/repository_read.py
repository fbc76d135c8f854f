"""Reading backups: plain local copies for a restore, and verification."""

import shutil
from pathlib import Path
from time import monotonic
from typing import Any, Literal

from playbooks.actions.dump_reading import read_dump, readable_by_its_tool
from playbooks.byhand import repository as by_hand
from playbooks.errors import BrokenBackup, NoSpace, UnknownName
from playbooks.model.base import JsonObject, Model
from playbooks.ports import Work
from playbooks.registry import Action, NoArgs
from playbooks.repository.catalogue import load
from playbooks.repository.codec import plain_name, read_artifact, verify_artifact, verify_stored
from playbooks.repository.copies import TROUBLES, storage_called
from playbooks.repository.manifest import StoreEntry
from playbooks.repository.of_stack import identities_of_stack, scratch_of, scratches_of
from playbooks.repository.parts import Part, parts_of
from playbooks.repository.rules import rules_of
from playbooks.repository.storage import Storage
from playbooks.repository.trouble import explained


class FetchArgs(Model):
    """One datastore's artifacts of a backup; `repository` is the URL of the copy to use."""

    backup: str
    datastore: str
    repository: str = ""


class VerifyArgs(Model):
    """One backup, by its whole id; `repository` is the URL of the copy to use."""

    backup: str
    repository: str = ""


def fetch(work: Work, args: FetchArgs) -> JsonObject:
    """Brings one store's artifacts here, verified, decrypted and decompressed.

    `{folder, files: {plain name: path}, seconds}`. Idempotent. The files are readable by us alone,
    and stay until `repository.release`.
    """
    began = monotonic()
    storage = storage_called(work.stack, work.secrets, args.repository)
    manifest, _ = load(storage, work.stack.name, args.backup)
    entry = manifest.store(args.datastore)
    folder = scratch_of(work.stack) / work.run / args.datastore
    with explained(str(folder), "make the scratch folder"):
        folder.parent.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.parent.mkdir(mode=0o700, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
    _require_room(folder, entry)
    identities = identities_of_stack(work.stack, work.secrets)
    files: dict[str, str] = {}
    for part in parts_of(manifest, [entry]):
        destination = folder / plain_name(part.artifact)
        read_artifact(
            storage,
            part.path,
            part.artifact,
            identities=identities,
            destination=destination,
            progress=part.progress(work),
            check_stop=work.check_stop,
        )
        files[destination.name] = str(destination)
    return {"folder": str(folder), "files": files, "seconds": round(monotonic() - began, 3)}


def release(work: Work, _: NoArgs) -> JsonObject:
    """Removes what this run has fetched. `{removed}`. Idempotent."""
    removed = False
    for scratch in scratches_of(work.stack):
        folder = scratch / work.run
        if folder.is_dir():
            with explained(str(scratch), f"remove {folder.name}"):
                shutil.rmtree(folder)
            removed = True
    return {"removed": removed}


class VerifyAllArgs(Model):
    """Ids of backups by the URL of the repository or of a copy."""

    backups: dict[str, tuple[str, ...]]


def verify_all(work: Work, args: VerifyAllArgs) -> JsonObject:
    """Verifies one backup after the other, past those that are broken.

    `{verified, bytes, stored_bytes, not_decoded, seconds}`: how many, how much, and how many
    could only be compared as stored. Raises BrokenBackup naming every broken one.
    """
    began, broken, done = monotonic(), [], []
    own = rules_of(work.stack).repository
    for place, backups in args.backups.items():
        url = "" if place == own else place
        for backup in backups:
            try:
                done.append(verify(work, VerifyArgs(backup=backup, repository=url)))
            except (*TROUBLES, UnknownName) as error:
                where = f"{backup} at {url}" if url else backup
                broken.append(f"{where}: {error}")
    if broken:
        raise BrokenBackup(
            f"{len(broken)} of {len(broken) + len(done)} backups cannot be used. "
            + " ".join(broken),
            "Make a new backup, and remove the broken ones once you have looked at them.",
        )
    return {
        "verified": len(done),
        "bytes": sum(each["bytes"] for each in done),
        "stored_bytes": sum(each["stored_bytes"] for each in done),
        "not_decoded": sum(not each["decoded"] for each in done),
        "seconds": round(monotonic() - began, 3),
    }


def verify(work: Work, args: VerifyArgs) -> JsonObject:
    """Reads a whole backup: checksums, decryption, decompression, and dumps by their own tool.

    `{backup, stores, artifacts, bytes, stored_bytes, seconds, decoded, dumps_read}`. Without an
    identity on this host an encrypted backup is only compared as stored: `decoded` is false then.
    `dumps_read` counts the dumps that their tool has read; it takes the tool, and room.
    """
    began = monotonic()
    storage = storage_called(work.stack, work.secrets, args.repository)
    manifest, _ = load(storage, work.stack.name, args.backup)
    parts = parts_of(manifest)
    entries = [entry for entry in manifest.stores.values() for _ in entry.artifacts]
    depths = [_verified(work, storage, *each) for each in zip(parts, entries, strict=True)]
    return {
        "backup": manifest.id,
        "stores": list(manifest.stores),
        "artifacts": len(parts),
        "bytes": manifest.bytes,
        "stored_bytes": manifest.stored_bytes,
        "seconds": round(monotonic() - began, 3),
        "decoded": "stored" not in depths,
        "dumps_read": depths.count("read"),
    }


def _verified(
    work: Work, storage: Storage, part: Part, entry: StoreEntry
) -> Literal["stored", "decoded", "read"]:
    """Looks at one artifact as closely as can be done here, and says how closely."""
    watch: dict[str, Any] = {"progress": part.progress(work), "check_stop": work.check_stop}
    if part.artifact.codec.endswith("age") and rules_of(work.stack).identity is None:
        verify_stored(storage, part.path, part.artifact, **watch)
        return "stored"
    if readable_by_its_tool(work, part, entry):
        read_dump(work, storage, part, entry)
        return "read"
    identities = identities_of_stack(work.stack, work.secrets)
    verify_artifact(storage, part.path, part.artifact, identities=identities, **watch)
    return "decoded"


def _require_room(folder: Path, entry: StoreEntry) -> None:
    free = shutil.disk_usage(folder).free
    if free < entry.bytes:
        raise NoSpace(
            f"{folder} has {free} bytes free; the plain copy of {entry.datastore} needs "
            f"{entry.bytes}.",
            "Make room and ask again.",
        )


READING_ACTIONS = (
    Action("repository.fetch", FetchArgs, fetch, by_hand.fetch),
    Action("repository.release", NoArgs, release, by_hand.release),
    Action("repository.verify", VerifyArgs, verify, by_hand.verify),
    Action("repository.verify_all", VerifyAllArgs, verify_all, by_hand.verify_all),
)
