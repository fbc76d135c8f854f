"""What a stack's backup repository holds. Only the repository itself is asked."""

from datetime import timedelta

from playbooks.errors import FactUnavailable, RepositoryError
from playbooks.facts.repository_standing import never_begun
from playbooks.model.base import JsonObject, Model
from playbooks.ports import Reading
from playbooks.registry import NoArgs, Reader
from playbooks.repository.catalogue import drills_of, survey
from playbooks.repository.copies import TROUBLES, holding, storage_called, survey_everywhere
from playbooks.repository.listing import Listing, find, summary_of
from playbooks.repository.parts import parts_of
from playbooks.repository.rules import rules_of
from playbooks.repository.upkeep import rulings_on

# Long enough to start a download, too short to lie about.
LINK_MINUTES = 15


class BackupArgs(Model):
    """One backup, by its whole id."""

    backup: str


class DownloadArgs(Model):
    """One backup, by its whole id, and one of its datastores; all of them without."""

    backup: str
    datastore: str | None = None


class FindArgs(Model):
    """What somebody typed for a backup: an id, `latest`, a time. See `catalogue.find`."""

    wanted: str
    datastore: str | None = None


def listing(reading: Reading, _: NoArgs) -> JsonObject:
    """`{backups: [Summary], unreadable: [{id, problem}], unfinished: [{id, bytes, since}], copies:
    [{repository, backups: [id], problem}], problem}`, newest first. Where no backup was ever made
    it is empty; where one was, and nothing is there now, it is unavailable."""
    return _survey(reading).model_dump(mode="json")


def found(reading: Reading, args: FindArgs) -> JsonObject:
    """`{id, summary}` of the backup that is meant. Raises UnknownName with what there is."""
    summary = find(_survey(reading).backups, args.wanted, now=reading.now, datastore=args.datastore)
    return {"id": summary.id, "summary": summary.model_dump(mode="json")}


def backup(reading: Reading, args: BackupArgs) -> JsonObject:
    """`{summary, manifest, checksum, repository}`: the whole manifest, and SHA-256 of its file.
    `repository` is the URL of the copy that has it, where the primary repository lost it."""
    try:
        found = holding(reading.stack, reading.secrets, args.backup)
    except RepositoryError as error:
        raise FactUnavailable(f"backup {args.backup}: {error}") from error
    drills = drills_of(found.storage, reading.stack.name, args.backup)
    summary = summary_of(found.manifest, drills=drills).model_copy(
        update={"repository": found.copy}
    )
    return {
        "summary": summary.model_dump(mode="json"),
        "manifest": found.manifest.model_dump(mode="json"),
        "checksum": found.checksum,
        "repository": found.copy,
    }


def download(reading: Reading, args: DownloadArgs) -> JsonObject:
    """`{files: [{datastore, name, stored_bytes, sha256, codec, where}], link, minutes}`: where the
    stored files of a backup can be had. `link` says that `where` is a URL which works without any
    other key for so many minutes; otherwise it is a path on this host."""
    lives = timedelta(minutes=LINK_MINUTES)
    try:
        found = holding(reading.stack, reading.secrets, args.backup)
        names = [args.datastore] if args.datastore else list(found.manifest.stores)
        entries = [found.manifest.store(name) for name in names]
        files = [
            {
                "datastore": entry.datastore,
                **part.artifact.model_dump(include={"name", "stored_bytes", "sha256", "codec"}),
                "where": found.storage.link(part.path, lives),
            }
            for entry in entries
            for part in parts_of(found.manifest, [entry])
        ]
    except RepositoryError as error:
        raise FactUnavailable(f"the files of backup {args.backup}: {error}") from error
    return {"files": files, "link": found.storage.root is None, "minutes": LINK_MINUTES}


def rulings(reading: Reading, _: NoArgs) -> JsonObject:
    """What retention would do now: `{places: [{repository, rulings: [{id, keep, reason, made_at,
    stored_bytes}], problem}]}`; the primary repository first, under the empty name. The rulings
    are newest first; `problem` is why a copy cannot be read."""
    urls = ("", *(place.repository for place in rules_of(reading.stack).copies))
    try:
        return {"places": [_ruled(reading, url) for url in urls]}
    except RepositoryError as error:
        raise FactUnavailable(f"the backups of {reading.stack.name}: {error}") from error


def _ruled(reading: Reading, url: str) -> JsonObject:
    """Raises RepositoryError for the primary repository only."""
    stack = reading.stack
    try:
        found = survey(storage_called(stack, reading.secrets, url), stack.name)
    except TROUBLES as error:
        if not url:
            raise
        return {"repository": url, "rulings": [], "problem": str(error)}
    known = {backup.id: backup for backup in found.backups}
    ruled = [
        {
            **ruling.model_dump(mode="json"),
            "made_at": known[ruling.id].made_at.isoformat(),
            "stored_bytes": known[ruling.id].stored_bytes,
        }
        for ruling in rulings_on(stack, reading.secrets, found, reading.now, {})
    ]
    return {"repository": url, "rulings": ruled, "problem": ""}


def _survey(reading: Reading) -> Listing:
    try:
        found = survey_everywhere(reading.stack, reading.secrets)
    except RepositoryError as error:
        if never_begun(reading):
            return Listing()
        raise FactUnavailable(f"the backups of {reading.stack.name}: {error}") from error
    if found.problem and not found.backups and never_begun(reading):
        return found.model_copy(update={"problem": ""})
    return found


READERS = (
    Reader("repository.list", NoArgs, listing),
    Reader("repository.find", FindArgs, found),
    Reader("repository.backup", BackupArgs, backup),
    Reader("repository.download", DownloadArgs, download),
    Reader("repository.rulings", NoArgs, rulings),
)
