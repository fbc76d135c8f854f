"""Artifacts of backups by hand: compressed, sealed, checked, opened."""

from collections.abc import Sequence

from playbooks.byhand import places
from playbooks.byhand.shell import Part, Shell, command, pipe, script, secret_file
from playbooks.model.stack import Stack
from playbooks.repository.codec import codec_for, plain_name, stored_name
from playbooks.repository.manifest import Artifact, Manifest, StoreEntry
from playbooks.repository.rules import rules_of


def kept(stack: Stack, source: Shell, name: str) -> str:
    """Stores what `source` writes as the artifact `name` of the backup that is open."""
    recipients = rules_of(stack).recipients
    steps = [source, Shell("zstd -1 --quiet")]
    if recipients:
        keys: list[Part] = [part for key in recipients for part in ("--recipient", key)]
        steps.append(command("age", "--encrypt", *keys))
    stored = stored_name(name, codec_for(compress=True, recipients=recipients))
    return f"{pipe(*steps)} > {places.opened(stack, stored)}"


def opened(stack: Stack, manifest: Manifest, artifact: Artifact) -> Shell:
    """Writes the plain content of a stored artifact to stdout."""
    stored = places.stored(stack, manifest.id, artifact.name)
    if not artifact.codec.endswith("age"):
        tool = ("zstd", "--decompress", "--stdout") if artifact.codec == "zstd" else ("cat",)
        return command(*tool, "--", stored)
    opening = command("age", "--decrypt", "--identity", _identity(stack), stored)
    return pipe(opening, Shell("zstd -d")) if artifact.codec.startswith("zstd") else opening


def checked_as_stored(
    stack: Stack, manifest: Manifest, entries: Sequence[StoreEntry]
) -> tuple[str, ...]:
    """Compares the stored bytes with the manifest, which needs no key."""
    listed = [f"{a.sha256}  {a.name}" for entry in entries for a in entry.artifacts]
    return _checked(places.stored_folder(stack, manifest.id), listed)


def checked_plain(stack: Stack, entry: StoreEntry) -> tuple[str, ...]:
    """Compares what was fetched with what was backed up."""
    listed = [f"{a.plain_sha256}  {plain_name(a)}" for a in entry.artifacts]
    return _checked(places.fetched(stack, entry.datastore), listed)


def _checked(folder: Shell, listed: Sequence[str]) -> tuple[str, ...]:
    return script(Shell(f"( {command('cd', folder)} && sha256sum --check )"), listed)


def _identity(stack: Stack) -> Shell:
    reference = rules_of(stack).identity
    return secret_file(reference) if reference else Shell('"${AGE_IDENTITY}"')
