"""Any moment of a database, out of its server's archive. Pure."""

from playbooks.datastores import postgres_refusals as refusals
from playbooks.datastores import postgres_words as words
from playbooks.datastores.postgres_model import ArchiveFact, DatabaseFact, DumpFacts
from playbooks.datastores.postgres_steps import (
    prepare_stages,
    recover_step,
    reopening,
    swap_stages,
)
from playbooks.datastores.protocol import RestoreParams, RestorePart
from playbooks.errors import BadArgument
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import Guard, Line
from playbooks.model.stack import Stack
from playbooks.sizes import in_bytes
from playbooks.spans import span

# The write-ahead log that is played on, and what the server makes besides.
_RECOVERED_SHARE = 1.2


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


def restore_moment(
    stack: Stack,
    params: RestoreParams,
    facts: Facts,
    fact: DatabaseFact,
    *,
    dump: DumpFacts,
    checksum: str,
    database: FactQuery,
) -> RestorePart:
    """`dump` and `checksum` are of the newest backup as of then: it tells what the database needs.

    Raises BadArgument for a moment outside the archive, and InputError with what is in the way.
    """
    name, at = params.datastore, params.at
    archive = ArchiveFact.model_validate(facts.of(archive_of(name)))
    if at is None or archive.since is None or archive.until is None:
        raise BadArgument(f"The archive of {stack.name}/{name} is empty.", "Make a backup first.")
    if not archive.since <= at <= archive.until:
        raise BadArgument(
            f"{at:%Y-%m-%d %H:%M:%S} is not in the archive of {stack.name}/{name}, which goes "
            f"from {archive.since:%Y-%m-%d %H:%M:%S} to {archive.until:%Y-%m-%d %H:%M:%S} UTC"
            f"{'; ' + archive.problem if archive.problem else ''}.",
            f"Name a moment in it, or the backup {params.backup}.",
        )
    refusals.require_loadable(stack, name, fact, dump)
    beside = params.mode == "beside"
    if not beside:
        refusals.require_swappable(stack, name, fact)
    age = span(fact.read_at - at)
    return RestorePart(
        brings=recover_step(stack, params),
        prepare=prepare_stages(stack, params, checksum),
        swap=() if beside else swap_stages(stack, name, params.backup),
        finish=(),
        owed=() if beside else (reopening(name),),
        guards=_guards(name, fact, archive, database),
        loses=() if beside else (f"everything written in the last {age}, since that moment",),
        keeps=(),
        notes=(
            *words.notes(fact, dump),
            *(() if beside else words.sessions(fact)),
            "The whole server is recovered aside to that moment; then the database is loaded "
            "beside the live one, as from a backup.",
            *((f"The archive does not grow: {archive.problem}.",) if archive.problem else ()),
        ),
        shown=(
            Line(label="Now", value=words.now(fact)),
            Line(label="Archive", value=_range(archive)),
        ),
        binding={"checksum": checksum, "at": at.isoformat(), **words.identities(fact)},
    )


def _guards(
    name: str, fact: DatabaseFact, archive: ArchiveFact, database: FactQuery
) -> tuple[Guard, ...]:
    """The recovered server is where containers write, the side database on the data disk."""
    aside = int(archive.server_bytes * _RECOVERED_SHARE)
    size = fact.description.size_bytes if fact.description else archive.server_bytes
    beside = int(size * words.LOAD_SHARE)
    guards: list[Guard] = []
    if fact.scratch_free_bytes is not None:
        need = aside + size + (beside if fact.scratch_is_data else 0)
        query = database
        guards.append(
            Guard(
                name=f"room to recover the server of {name} aside",
                query=query,
                field="scratch_free_bytes",
                at_least=need,
            )
        )
    if fact.data_free_bytes is not None:
        guards.append(
            Guard(
                name=f"room for {name} beside the live database",
                query=database,
                field="data_free_bytes",
                at_least=beside,
            )
        )
    return tuple(guards)


def _range(archive: ArchiveFact) -> str:
    since, until = archive.since, archive.until
    if since is None or until is None:
        return "empty"
    size = in_bytes(archive.server_bytes)
    return f"from {since:%Y-%m-%d %H:%M:%S} to {until:%Y-%m-%d %H:%M:%S} UTC, server {size}"
