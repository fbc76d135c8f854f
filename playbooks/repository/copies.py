"""Copies of backups elsewhere: made, and used where the primary repository lost a backup."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from playbooks.errors import (
    InterlockError,
    NoSpace,
    RepositoryError,
    SecretUnavailable,
    UnknownName,
)
from playbooks.model.repository import Place
from playbooks.model.stack import Stack
from playbooks.ports import Secrets
from playbooks.repository.address import address_of
from playbooks.repository.catalogue import look_at, survey
from playbooks.repository.codec import CheckStop, Progress, verify_stored
from playbooks.repository.listing import Held, Listing, Summary, manifest_path
from playbooks.repository.manifest import Manifest
from playbooks.repository.parts import parts_of
from playbooks.repository.rules import rules_of
from playbooks.repository.storage import Storage, connect

# What one place may do to us without another place having to suffer.
TROUBLES = (RepositoryError, SecretUnavailable, NoSpace)


@dataclass(frozen=True)
class Holding:
    """Where a backup is read from; `copy` is the copy's URL, empty for the primary repository."""

    storage: Storage
    manifest: Manifest
    checksum: str
    copy: str


def place_called(stack: Stack, url: str) -> Place:
    """The primary repository for an empty URL, else the copy at it. Raises UnknownName."""
    rules = rules_of(stack)
    if not url:
        return rules
    for place in rules.copies:
        if place.repository == url:
            return place
    raise UnknownName(
        f"{stack.name} keeps no copies at {url}.",
        f"It keeps them at: {', '.join(c.repository for c in rules.copies) or 'no place'}.",
    )


def storage_called(stack: Stack, secrets: Secrets, url: str) -> Storage:
    """Opens the primary repository or a copy. Raises UnknownName and what `connect` raises."""
    return connect(address_of(place_called(stack, url), secrets))


def holding(stack: Stack, secrets: Secrets, backup: str) -> Holding:
    """The primary repository when it has this backup whole, else the first copy that has.

    Raises what the primary repository answered when no copy has it either.
    """
    first: InterlockError | None = None
    half: Holding | None = None
    for url in ("", *(place.repository for place in rules_of(stack).copies)):
        try:
            storage = storage_called(stack, secrets, url)
            manifest, checksum, problem = look_at(storage, stack.name, backup)
        except (*TROUBLES, UnknownName) as error:
            first = first or error
            continue
        found = Holding(storage, manifest, checksum, url)
        if not problem:
            return found
        half = half or found
    if half is not None:
        return half
    raise first or UnknownName(f"{stack.name} has no backup {backup!r}.")


def survey_everywhere(stack: Stack, secrets: Secrets) -> Listing:
    """What the primary repository has, and of the copies what it lost.

    Raises what the primary repository answered, when there is no copy that can be read.
    """
    urls = ("", *(place.repository for place in rules_of(stack).copies))

    def surveyed(url: str) -> Listing | InterlockError:
        try:
            return survey(storage_called(stack, secrets, url), stack.name)
        except TROUBLES as error:
            return error

    with ThreadPoolExecutor(max_workers=len(urls)) as threads:
        primary, *copies = threads.map(surveyed, urls)
    held = tuple(_held(url, copy) for url, copy in zip(urls[1:], copies, strict=True))
    readable = {
        url: copy for url, copy in zip(urls[1:], copies, strict=True) if isinstance(copy, Listing)
    }
    if isinstance(primary, Listing):
        backups = _united(primary.backups, readable.items())
        return primary.model_copy(update={"backups": backups, "copies": held})
    if not readable:
        raise primary
    return Listing(backups=_united((), readable.items()), copies=held, problem=str(primary))


def copy_backup(
    source: Storage,
    target: Storage,
    manifest: Manifest,
    *,
    progress: Progress,
    check_stop: CheckStop,
) -> None:
    """Copies a backup as it is stored, reads the copy back, and writes its manifest last.

    Raises BrokenBackup when what arrived is not what the manifest says.
    """
    path = manifest_path(manifest.stack, manifest.id)
    content = source.read(path)
    for part in parts_of(manifest):
        with target.writing(part.path) as sink:
            done = part.before
            for chunk in source.chunks(part.path):
                check_stop()
                sink.write(chunk)
                done += len(chunk)
                progress(done, part.total)
        verify_stored(
            target,
            part.path,
            part.artifact,
            progress=lambda _done, _total: None,
            check_stop=check_stop,
        )
    if target.exists(path):
        if target.read(path) == content:
            return
        target.remove(path)
    target.create(path, content)


def missing_at(target: Storage, stack: str, wanted: Sequence[Summary]) -> tuple[str, ...]:
    """Which of these backups the copy does not have whole, newest first."""
    there = {backup.id for backup in survey(target, stack).backups if backup.good}
    return tuple(backup.id for backup in wanted if backup.id not in there)


def _held(url: str, found: Listing | InterlockError) -> Held:
    if isinstance(found, Listing):
        return Held(repository=url, backups=tuple(b.id for b in found.backups if b.good))
    return Held(repository=url, problem=str(found))


def _united(
    primary: Sequence[Summary], copies: Iterable[tuple[str, Listing]]
) -> tuple[Summary, ...]:
    """A backup that the primary repository lost, or holds broken, is that of a copy."""
    known = {backup.id: backup for backup in primary}
    for url, copy in copies:
        for backup in copy.backups:
            if backup.good and not (backup.id in known and known[backup.id].good):
                known[backup.id] = backup.model_copy(update={"repository": url})
    return tuple(sorted(known.values(), key=lambda b: (b.made_at, b.id), reverse=True))
