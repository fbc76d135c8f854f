"""Backing up a PostgreSQL database: one snapshot for the dump and for all that is said of it."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from time import monotonic
from typing import Any

from pydantic import Field

from playbooks.actions.postgres.recorded import dump_name, globals_name
from playbooks.actions.storing import entry_of, store_packed, store_stream
from playbooks.byhand import postgres as by_hand
from playbooks.datastores.postgres_model import (
    Counted,
    Description,
    DumpFacts,
    Globals,
    ServerDumpFacts,
)
from playbooks.errors import DatastoreError
from playbooks.hosts.postgres import running, tools
from playbooks.hosts.postgres.connection import (
    Connection,
    connected,
    password_of,
    postgres_store,
)
from playbooks.hosts.postgres.contained_store import ContainedStore
from playbooks.hosts.postgres.description import describe, our_user, server
from playbooks.hosts.postgres.pgbackrest import archive_tool
from playbooks.hosts.postgres.rows import Budget, count_rows
from playbooks.hosts.postgres.sessions import end_earlier_attempts
from playbooks.hosts.postgres.timescale import TIMESCALE
from playbooks.model.base import JsonObject, Model
from playbooks.model.datastores import PostgresStore
from playbooks.ports import Work
from playbooks.registry import Action
from playbooks.repository.manifest import DUMP_MEDIA, Artifact
from playbooks.repository.rules import rules_of

_SQL_MEDIA = "application/sql"

# What the tables' files hold, as the last VACUUM or ANALYZE saw it; reading it takes no locks.
_EXPECTED_BYTES = """
    SELECT coalesce(sum(greatest(c.relpages, 0)::bigint * current_setting('block_size')::bigint), 0)
    FROM pg_class c WHERE c.relkind IN ('r', 't', 'm') AND c.oid > 16383
"""


class DumpArgs(Model):
    """A datastore of kind postgres, and the id of the backup that is open."""

    datastore: str
    backup: str


class DumpServerArgs(DumpArgs):
    """A datastore of kind postgres-server, and which of its databases."""

    databases: tuple[str, ...] = Field(min_length=1)


def dump(work: Work, args: DumpArgs) -> JsonObject:
    """Stores a dump and the server's roles. The output is its StoreEntry; `facts` are DumpFacts.

    Raises DatastoreError, HostError (a tool's exit code), NoSpace.
    """
    began = monotonic()
    store = postgres_store(work.stack, args.datastore)
    roles, known = _globals(work, args, store)
    made, facts = _dump_one(work, args, store, dump_name(args.datastore), known)
    facts = facts.model_copy(update={"archived": _archived(work, store)})
    return entry_of(args.datastore, "postgres", (made, roles), facts.model_dump(mode="json"), began)


def dump_of(work: Work, args: DumpArgs, store: PostgresStore) -> JsonObject:
    """The same of a server that is not the stack's own, into the same backup."""
    began = monotonic()
    roles, known = _globals(work, args, store)
    made, facts = _dump_one(work, args, store, dump_name(args.datastore), known)
    return entry_of(args.datastore, "postgres", (made, roles), facts.model_dump(mode="json"), began)


def _archived(work: Work, store: PostgresStore) -> str | None:
    """A backup in the server's archive beside the dumps; its label, None where there is none."""
    if store.archive is None:
        return None
    with connected(store, work.secrets, work.tag) as session:
        row = session.execute("SHOW data_directory").fetchone()
    tool = archive_tool(store, str(row[0]) if row else "")
    tool.create_stanza()
    return tool.back_up(work.check_stop).label


def dump_server(work: Work, args: DumpServerArgs) -> JsonObject:
    """Stores a dump of each database, one after the other, the server's roles once, and a backup
    in its archive where it has one. The output is its StoreEntry; `facts` are ServerDumpFacts.
    Raises as `dump`.
    """
    began = monotonic()
    stores = {name: postgres_store(work.stack, args.datastore, name) for name in args.databases}
    first = stores[args.databases[0]]
    roles, known = _globals(work, args, first)
    artifacts: list[Artifact] = []
    dumped: dict[str, DumpFacts] = {}
    for name, store in stores.items():
        file = dump_name(args.datastore, name)
        made, dumped[name] = _dump_one(work, args, store, file, known)
        artifacts.append(made)
    one = dumped[args.databases[0]]
    facts = ServerDumpFacts(
        server=one.server,
        tools=one.tools,
        databases=dumped,
        globals=known,
        image=one.image,
        archived=_archived(work, first),
    )
    return entry_of(
        args.datastore, "postgres-server", (*artifacts, roles), facts.model_dump(mode="json"), began
    )


def _dump_one(
    work: Work, args: DumpArgs, store: PostgresStore, file: str, known: Globals
) -> tuple[Artifact, DumpFacts]:
    version = _version(work, store)
    with connected(store, work.secrets, work.tag) as session:
        end_earlier_attempts(session, work.tag)
        snapshot = _open_snapshot(session)
        description, here = describe(session), server(session)
        statistics = _statistics(description, version, here.major)
        # Before the counting begins, to which the session belongs from then on.
        expected = _expected_bytes(session)
        with _counting(session, rules_of(work.stack).row_count_seconds) as counted:
            argv = tools.dump_argv(store, snapshot, statistics=statistics)
            made = _dump_database(work, args, store, file, argv=argv, expected=expected)
        facts = DumpFacts(
            server=here,
            tools=version,
            description=description,
            counted=counted.result(),
            globals=known,
            dump=made.name,
            image=store.image if isinstance(store, ContainedStore) else None,
        )
    return made, facts


def _statistics(description: Description, version: str, major: int) -> bool:
    """Chunks of TimescaleDB are its own to analyze."""
    return TIMESCALE not in description.extensions and tools.carries_statistics(version, major)


def _globals(work: Work, args: DumpArgs, store: PostgresStore) -> tuple[Artifact, Globals]:
    with connected(store, work.secrets, work.tag) as session:
        end_earlier_attempts(session, work.tag)
        passwords = _may_keep_passwords(work, session, store)
    roles = _dump_globals(work, args, store, passwords)
    return roles, Globals(artifact=roles.name, passwords=passwords)


def _open_snapshot(session: Connection) -> str:
    session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    row = session.execute("SELECT pg_export_snapshot()").fetchone()
    if row is None:
        raise DatastoreError("The server gave no snapshot.")
    return str(row[0])


@contextmanager
def _counting(session: Connection, seconds: float) -> Iterator["Future[Counted]"]:
    """Counts rows in the open snapshot while the block runs; an error of the block ends it."""
    budget = Budget(seconds)
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="count") as pool:
        future = pool.submit(count_rows, session, budget)
        try:
            yield future
        except BaseException:
            budget.end()
            session.cancel_safe()
            raise


def _dump_database(
    work: Work,
    args: DumpArgs,
    store: PostgresStore,
    file: str,
    *,
    argv: Sequence[str],
    expected: int,
) -> Artifact:
    environment = tools.tool_environment(password_of(store, work.secrets), work.tag)
    packed = running.packs(store)
    with running.started(store, running.packing(argv) if packed else argv, environment) as child:
        write = store_packed if packed else store_stream
        return write(
            work,
            args.backup,
            file,
            DUMP_MEDIA,
            child.chunks(),
            finish=child.finish,
            total=expected,
        )


def _dump_globals(work: Work, args: DumpArgs, store: PostgresStore, passwords: bool) -> Artifact:
    environment = tools.tool_environment(password_of(store, work.secrets), work.tag)
    script = running.output(store, tools.globals_argv(store, passwords), environment)
    name = globals_name(args.datastore)
    return store_stream(work, args.backup, name, _SQL_MEDIA, [script], finish=work.check_stop)


def _may_keep_passwords(work: Work, session: Connection, store: PostgresStore) -> bool:
    """Hashes of passwords leave the server only into an encrypted backup."""
    sealed = bool(rules_of(work.stack).recipients)
    return sealed and our_user(session, store.database).superuser


def _expected_bytes(session: Connection) -> int:
    row = session.execute(_EXPECTED_BYTES).fetchone()
    return int(row[0]) if row else 0


def _version(work: Work, store: PostgresStore) -> str:
    environment = tools.tool_environment(None, work.tag)
    return running.output(store, tools.version_argv(store), environment).decode().strip()


DUMP_ACTIONS: tuple[Action[Any], ...] = (
    Action("postgres.dump", DumpArgs, dump, by_hand.dump),
    Action("postgres.dump_server", DumpServerArgs, dump_server, by_hand.dump_server),
)
