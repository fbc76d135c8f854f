"""What backups there are, and which of them somebody means. Pure."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo

from playbooks.errors import UnknownName
from playbooks.model.base import Model
from playbooks.model.drill import DrillNote
from playbooks.repository.manifest import BACKUP_ID, Manifest, Origin
from playbooks.repository.moments import Moment, moment

MANIFEST = "manifest.json"


DRILLED = "drilled.json"


class StoreSummary(Model):
    """One datastore's part of a backup, in short."""

    kind: str
    bytes: int
    stored_bytes: int
    seconds: float


class Summary(Model):
    """One backup with a readable manifest. `problem` says what is wrong with its artifacts.

    `drills` are the newest rehearsals of its restore, by datastore. `repository` is the URL of the
    copy that it has to be read from because the primary repository lost it, else empty.
    """

    id: str
    made_at: datetime
    origin: Origin
    run: str
    requester: str
    environment: str
    stores: dict[str, StoreSummary]
    bytes: int
    stored_bytes: int
    encrypted: bool
    consistency: str = ""
    problem: str = ""
    drills: dict[str, DrillNote] = {}
    repository: str = ""

    @property
    def good(self) -> bool:
        return not self.problem

    @property
    def routine(self) -> bool:
        """Whether it can be what somebody means by the last backup: not where it was made just
        before a restore, or taken in from a file whose age nobody knows."""
        return self.origin not in {"safety", "given"}

    def drilled_at(self, datastore: str) -> datetime | None:
        """When a restore of the datastore was last rehearsed, if all was well."""
        drill = self.drills.get(datastore)
        return drill.at if drill and drill.passed else None


class Drilled(Model):
    """The content of the note beside a backup."""

    drills: dict[str, DrillNote]


class Unreadable(Model):
    """A folder whose manifest cannot be used: changed, cut, or of a newer Interlock."""

    id: str
    problem: str


class Unfinished(Model):
    """A folder without a manifest: a backup under way, or one that died. `since` is from its id."""

    id: str
    bytes: int
    since: datetime | None


class Held(Model):
    """A copy of the repository: the ids of the whole backups in it, or why it cannot be read."""

    repository: str
    backups: tuple[str, ...] = ()
    problem: str = ""


class Listing(Model):
    """Everything a stack has in its repository, newest first.

    `copies` are the repositories beside the primary one; `problem` is why that cannot be read,
    when all that is listed comes from copies.
    """

    backups: tuple[Summary, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    unfinished: tuple[Unfinished, ...] = ()
    copies: tuple[Held, ...] = ()
    problem: str = ""


def folder_of(stack: str, backup: str) -> str:
    return f"{stack}/{backup}"


def manifest_path(stack: str, backup: str) -> str:
    return f"{folder_of(stack, backup)}/{MANIFEST}"


def summary_of(
    manifest: Manifest, problem: str = "", drills: Mapping[str, DrillNote] | None = None
) -> Summary:
    return Summary(
        id=manifest.id,
        made_at=manifest.made_at,
        origin=manifest.origin,
        run=manifest.run,
        requester=manifest.requester,
        environment=manifest.environment,
        stores={
            name: StoreSummary(
                kind=entry.kind,
                bytes=entry.bytes,
                stored_bytes=entry.stored_bytes,
                seconds=entry.seconds,
            )
            for name, entry in manifest.stores.items()
        },
        bytes=manifest.bytes,
        stored_bytes=manifest.stored_bytes,
        encrypted=any(
            a.codec.endswith("age") for e in manifest.stores.values() for a in e.artifacts
        ),
        consistency=manifest.consistency,
        problem=problem,
        drills=dict(drills or {}),
    )


def find(
    backups: Sequence[Summary],
    wanted: str,
    *,
    now: datetime,
    datastore: str | None = None,
    zone: tzinfo | None = None,
) -> Summary:
    """The backup somebody means: an id, the unique beginning or the run of one, `latest`, a time.

    A day means its newest backup, a time of day the newest as of then. `latest` and times never
    mean a safety backup, nor a broken one. Raises UnknownName with what there is.
    """
    holding = [b for b in backups if datastore is None or datastore in b.stores]
    if named := _named(backups, wanted):
        if named not in holding:
            raise UnknownName(
                f"Backup {named.id} does not hold {datastore}; it holds: {', '.join(named.stores)}."
            )
        return named
    usable = [b for b in holding if b.good and b.routine]
    if wanted.strip().lower() == "latest":
        return _newest(usable, f"There is no backup{_of(datastore)} yet.", holding)
    meant = moment(wanted, now, zone)
    if meant is None:
        raise UnknownName(
            f"{wanted!r} names no backup.",
            "Give an id or how it begins, `latest`, `today 02:00`, `2026-11-21` or a time in "
            f"ISO 8601. {_newest_ones(holding)}",
        )
    fitting = [b for b in usable if _within(b.made_at, meant)]
    return _newest(fitting, f"There is no backup{_of(datastore)} for {wanted!r}.", holding)


def started_of(backup: str) -> datetime | None:
    """When a backup began, from its id; None when it is no id of ours."""
    if not BACKUP_ID.match(backup):
        return None
    try:
        return datetime.strptime(backup[:15], "%Y%m%d-%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def problem_of(manifest: Manifest, sizes: Mapping[str, int]) -> str:
    """What is wrong with the artifacts, by their sizes alone; empty when nothing is."""
    for entry in manifest.stores.values():
        for artifact in entry.artifacts:
            if artifact.name not in sizes:
                return f"{artifact.name} is missing"
            if sizes[artifact.name] != artifact.stored_bytes:
                return (
                    f"{artifact.name} has {sizes[artifact.name]} bytes where the manifest says "
                    f"{artifact.stored_bytes}"
                )
    return ""


def _named(backups: Sequence[Summary], wanted: str) -> Summary | None:
    """Raises UnknownName when several begin like that."""
    exact = [b for b in backups if wanted in {b.id, b.run}]
    fitting = exact or [b for b in backups if wanted and b.id.startswith(wanted)]
    if len(fitting) > 1:
        raise UnknownName(
            f"{wanted!r} begins {len(fitting)} backups: {', '.join(b.id for b in fitting[:5])}.",
            "Give more of the id.",
        )
    return fitting[0] if fitting else None


def _within(made_at: datetime, meant: Moment) -> bool:
    return made_at < meant.before and (meant.since is None or made_at >= meant.since)


def _newest(fitting: Sequence[Summary], otherwise: str, holding: Sequence[Summary]) -> Summary:
    if not fitting:
        raise UnknownName(otherwise, _newest_ones(holding))
    return max(fitting, key=lambda b: (b.made_at, b.id))


def _newest_ones(holding: Sequence[Summary]) -> str:
    if not holding:
        return "Make one first: `/ops backup STACK`."
    wanted = sorted(holding, key=lambda b: not (b.good and b.routine))
    named = (f"{b.id} ({b.problem or b.origin})" for b in wanted[:3])
    return f"The newest there are: {', '.join(named)}."


def _of(datastore: str | None) -> str:
    return f" of {datastore}" if datastore else ""
