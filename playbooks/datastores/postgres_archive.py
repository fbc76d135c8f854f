"""Any moment of databases, out of their server's archive. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from playbooks.datastores.disks import repository_disk, room
from playbooks.datastores.postgres_model import ArchiveFact, DatabaseFact
from playbooks.datastores.postgres_steps import recover_step
from playbooks.datastores.postgres_words import DUMP_SHARE, LOAD_SHARE
from playbooks.datastores.protocol import RestoreParams, RestorePart
from playbooks.errors import BadArgument
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import Guard, Line
from playbooks.model.stack import Stack
from playbooks.sizes import in_bytes
from playbooks.spans import span

# The write-ahead log that is played on, and what the server makes besides.
_RECOVERED_SHARE = 1.2


@dataclass(frozen=True)
class Live:
    """What there is now of what is restored.

    `room` was read by `query` and knows the server's disks. `sizes` are in bytes, of the databases
    that are there. `databases` are those of a server that are restored; `untouched` is said of
    others, which stay as they are.
    """

    query: FactQuery
    room: DatabaseFact
    sizes: Sequence[int]
    databases: tuple[str, ...] = ()
    untouched: tuple[str, ...] = ()


def archive_of(name: str) -> FactQuery:
    return FactQuery(fact="postgres.archive", args={"datastore": name})


def archive_lines(name: str, facts: Facts) -> tuple[Line, ...]:
    """What a backup's card says of the archive, where the datastore has one."""
    answer = facts.get(archive_of(name))
    if answer is None:
        return ()
    archive = ArchiveFact.model_validate(answer)
    problem = f"; it does not grow: {archive.problem}" if archive.problem else ""
    return (Line(label=f"Archive of {name}", value=f"{_range(archive)}{problem}"),)


def at_its_moment(
    stack: Stack, params: RestoreParams, facts: Facts, part: RestorePart, live: Live
) -> RestorePart:
    """`part` restores the newest backup as of then; what comes out of the archive instead is
    verified and exchanged alike.

    Raises BadArgument for a moment outside the archive.
    """
    if params.at is None:
        return part
    archive = ArchiveFact.model_validate(facts.of(archive_of(params.datastore)))
    _require_within(stack, params, archive, params.at)
    age = span(live.room.read_at - params.at)
    lost = (f"everything written in the last {age}, since that moment", *live.untouched)
    return replace(
        part,
        brings=recover_step(stack, params, live.databases),
        guards=_guards(stack, params.datastore, facts, archive, live),
        loses=() if params.mode == "beside" else lost,
        notes=(
            *part.notes,
            "The whole server is recovered aside to that moment; then what is restored is loaded "
            "beside what is live, as from a backup.",
            *((f"The archive does not grow: {archive.problem}.",) if archive.problem else ()),
        ),
        shown=(
            *(line for line in part.shown if line.label != "Backup"),
            Line(label="Archive", value=_range(archive)),
        ),
        binding={**part.binding, "at": params.at.isoformat()},
    )


def _require_within(
    stack: Stack, params: RestoreParams, archive: ArchiveFact, at: datetime
) -> None:
    where = f"the archive of {stack.name}/{params.datastore}"
    if archive.since is None or archive.until is None:
        raise BadArgument(f"T{where[1:]} is empty.", "Make a backup first.")
    if not archive.since <= at <= archive.until:
        raise BadArgument(
            f"{at:%Y-%m-%d %H:%M:%S} is not in {where}, which goes "
            f"from {archive.since:%Y-%m-%d %H:%M:%S} to {archive.until:%Y-%m-%d %H:%M:%S} UTC"
            f"{'; ' + archive.problem if archive.problem else ''}.",
            f"Name a moment in it, or the backup {params.backup}.",
        )


def _guards(
    stack: Stack, name: str, facts: Facts, archive: ArchiveFact, live: Live
) -> tuple[Guard, ...]:
    """The recovered server is where containers write, its dumps where backups are fetched to, the
    side databases on the data disk. Into the container the dumps go one after the other."""
    disks = repository_disk(stack)
    size = sum(live.sizes) or archive.server_bytes
    guards = [room(f"room for the dumps of {name}", query, size) for query in disks]
    beside = int(size * LOAD_SHARE)
    if live.room.scratch_free_bytes is not None:
        aside = int(archive.server_bytes * _RECOVERED_SHARE)
        largest = max(live.sizes, default=size)
        guards.append(
            Guard(
                name=f"room to recover the server of {name} aside",
                query=live.query,
                field="scratch_free_bytes",
                at_least=aside + largest + (beside if live.room.scratch_is_data else 0),
            )
        )
    if live.room.data_free_bytes is not None:
        shared = any(facts.of(disk)["device"] == live.room.data_device for disk in disks)
        guards.append(
            Guard(
                name=f"room for {name} beside what is live",
                query=live.query,
                field="data_free_bytes",
                at_least=beside + (size + int(size * DUMP_SHARE) if shared else 0),
            )
        )
    return tuple(guards)


def _range(archive: ArchiveFact) -> str:
    since, until = archive.since, archive.until
    if since is None or until is None:
        return "empty"
    size = in_bytes(archive.server_bytes)
    return f"from {since:%Y-%m-%d %H:%M:%S} to {until:%Y-%m-%d %H:%M:%S} UTC, server {size}"
