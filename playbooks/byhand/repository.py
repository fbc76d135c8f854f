"""Backups at rest, by hand."""

from playbooks.byhand import artifacts, places
from playbooks.byhand.known import Known, Lines
from playbooks.byhand.shell import Shell, command, pipe
from playbooks.byhand.tools import tool
from playbooks.model.base import JsonObject
from playbooks.model.datastores import PostgresStore
from playbooks.repository.codec import plain_name
from playbooks.repository.manifest import DUMP_MEDIA, Artifact, Manifest, StoreEntry
from playbooks.repository.of_stack import owner_by
from playbooks.repository.rules import rules_of
from playbooks.repository.storage import marker_text


def begin(known: Known, args: JsonObject) -> Lines:
    """A folder that becomes the repository now is marked as one, so that Interlock uses it too."""
    opening = command("mkdir", "--parents", "--", places.opened(known.stack))
    if not args.get("new") or places.remote(known.stack) is not None:
        return (opening,)
    text = marker_text(owner_by(known.stack)).decode().strip()
    return (opening, f"{command('echo', text)} > {places.marker(known.stack)}")


def discard(known: Known, _args: JsonObject) -> Lines:
    return (_removed(places.opened(known.stack)),)


def publish(known: Known, _args: JsonObject) -> Lines:
    inside, url = command("cd", places.opened(known.stack)), places.remote(known.stack)
    return (
        f"( {inside} && sha256sum -- * > SHA256SUMS && sync )",
        f"( {inside} && sha256sum --check SHA256SUMS )",
        *(() if url is None else (f"# Copy this folder to {url!r}.",)),
        "# Interlock does not list it: once it runs again, ask for a backup and remove this one.",
    )


def is_published(known: Known, _args: JsonObject) -> Lines:
    return (command("ls", "-l", "--", places.opened(known.stack, "SHA256SUMS")),)


def copy(known: Known, _args: JsonObject) -> Lines:
    opened = places.opened(known.stack)
    return tuple(
        f"# Copy {opened} to {place.repository!r}, too." for place in rules_of(known.stack).copies
    )


def prune(known: Known, args: JsonObject) -> Lines:
    """What follows a backup waits for Interlock; what was asked for is a list."""
    going = args.get("remove")
    if not going:
        return ("# Nothing to do by hand: Interlock clears up once it runs again.",)
    own = rules_of(known.stack).repository
    here = (_removed(places.stored_folder(known.stack, backup)) for backup in going.get(own, ()))
    elsewhere = (
        f"# Remove {known.stack.name}/{backup} from {url!r}."
        for url, backups in going.items()
        for backup in (backups if url != own else ())
    )
    return (*here, *elsewhere)


def fetch(known: Known, args: JsonObject) -> Lines:
    manifest, entry = known.manifest(str(args["backup"])), known.entry(args)
    folder = places.fetched(known.stack, entry.datastore)
    return (
        *_brought_here(known, manifest, str(args.get("repository", ""))),
        command("mkdir", "--parents", "--", folder),
        *artifacts.checked_as_stored(known.stack, manifest, [entry]),
        *(
            f"{artifacts.opened(known.stack, manifest, artifact)} > "
            f"{places.fetched(known.stack, entry.datastore, '/', plain_name(artifact))}"
            for artifact in entry.artifacts
        ),
        *artifacts.checked_plain(known.stack, entry),
    )


def release(known: Known, _args: JsonObject) -> Lines:
    return (_removed(places.fetched(known.stack)),)


def verify(known: Known, args: JsonObject) -> Lines:
    manifest = known.manifest(str(args["backup"]))
    entries = tuple(manifest.stores.values())
    return (
        *_brought_here(known, manifest),
        *artifacts.checked_as_stored(known.stack, manifest, entries),
        *(
            pipe(artifacts.opened(known.stack, manifest, artifact), _read(known, entry, artifact))
            for entry in entries
            for artifact in entry.artifacts
        ),
    )


def verify_all(_known: Known, args: JsonObject) -> Lines:
    """The manifests of all backups are not at hand; each has its own runbook."""
    backups = [backup for each in args["backups"].values() for backup in each]
    return tuple(
        f"# /ops plan backups verify {backup} --paper" for backup in dict.fromkeys(backups)
    )


def _read(known: Known, entry: StoreEntry, artifact: Artifact) -> Shell:
    """Reads everything and keeps nothing; a dump is read by its own tool."""
    store = known.stack.datastores.get(entry.datastore)
    if artifact.media == DUMP_MEDIA:
        where = store if isinstance(store, PostgresStore) else None
        return command(tool(where, "pg_restore"), "--file=/dev/null")
    return command("sha256sum")


def _brought_here(known: Known, manifest: Manifest, copy: str = "") -> Lines:
    """`copy` is the URL of the copy that holds the backup; empty for the repository itself."""
    url = copy or places.remote(known.stack)
    folder = places.stored_folder(known.stack, manifest.id)
    if url is None:
        return ()
    return (
        command("mkdir", "--parents", "--", folder),
        f"# Copy {manifest.stack}/{manifest.id} of {url!r} into that folder.",
    )


def _removed(folder: Shell) -> str:
    return command("rm", "--recursive", "--force", "--", folder)
