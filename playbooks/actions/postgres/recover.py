"""A moment out of the archive: the whole server is recovered to it in a helper container, and what
is restored is dumped there, so that the restore goes on like any other and can be undone alike."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import AwareDatetime

from playbooks.actions.postgres.recorded import dump_name, globals_name
from playbooks.byhand import postgres as by_hand
from playbooks.datastores.postgres_model import DumpFacts, Globals, ServerDumpFacts
from playbooks.errors import DatastoreError, HostError
from playbooks.hosts.containers.helper import Helper, HelperOrder, HelperTool, helper
from playbooks.hosts.containers.tool import output_in
from playbooks.hosts.postgres import running, tools
from playbooks.hosts.postgres.connection import (
    Connection,
    connected,
    open_connection,
    postgres_store,
)
from playbooks.hosts.postgres.contained_store import ContainedStore
from playbooks.hosts.postgres.description import describe, our_user, server
from playbooks.hosts.postgres.pgbackrest import owner_of
from playbooks.hosts.postgres.rows import Budget, count_rows
from playbooks.hosts.postgres.timescale import TIMESCALE
from playbooks.model.base import JsonObject, Model
from playbooks.model.datastores import PgBackRest
from playbooks.ports import Work
from playbooks.registry import Action
from playbooks.repository.of_stack import scratch_of
from playbooks.repository.trouble import explained

_PURPOSE = "recover"
_PORT = 5432
_SOCKETS = "/interlock-sockets"
_SECONDS = 3600.0
_ARCHIVE_SECONDS = 120.0
_TICK = 0.2
_LIMIT = "SELECT datconnlimit FROM pg_database WHERE datname = %s"
_INVALID = -2
_ALWAYS = "template1"
_DAY = 86_400.0
# Its jobs would work on the copy before it is dumped; nothing else that is preloaded is needed.
_PRELOADED = (
    *("-c", f"shared_preload_libraries={TIMESCALE}"),
    *("-c", f"{TIMESCALE}.max_background_workers=0"),
)
_SCRIPT = """set -eu
data=/tmp/interlock-recovery hba=/tmp/interlock-hba stanza=$1 target=$2
shift 2
mkdir -m 700 "$data"
printf 'local all all trust\\nhost all all 127.0.0.1/32 trust\\n' > "$hba"
pgbackrest --stanza="$stanza" --pg1-path="$data" --type=time --target="$target" \
  --target-action=promote --archive-mode=off --lock-path=/tmp/interlock-lock \
  --log-level-console=off --log-level-stderr=error --log-level-file=off restore >&2
exec postgres -D "$data" -c hba_file="$hba" -c listen_addresses=127.0.0.1 -c port=5432 \
  -c unix_socket_directories="$INTERLOCK_SOCKETS" -c unix_socket_permissions=0777 \
  -c hot_standby=off -c fsync=off -c full_page_writes=off -c autovacuum=off \
  -c logging_collector=off -c log_destination=stderr -c ssl=off "$@" >&2
"""


class RecoverArgs(Model):
    """A datastore with an archive, of a server which of its databases, and the moment; `backup` is
    the newest as of then."""

    datastore: str
    databases: tuple[str, ...] = ()
    backup: str
    at: AwareDatetime


def recover(work: Work, args: RecoverArgs) -> JsonObject:
    """Recovers the server as of `at` and dumps the databases. `{files, facts}`, as fetching gives
    files; facts are DumpFacts, or of a server ServerDumpFacts. Nothing of the live server is
    touched. Idempotent.

    Raises DatastoreError, HostError with the server's last words, NoSpace.
    """
    store = postgres_store(work.stack, args.datastore)
    if not isinstance(store, ContainedStore) or store.archive is None:
        raise DatastoreError(f"{work.stack.name}/{args.datastore} has no archive in a container.")
    with connected(store, work.secrets, work.tag) as session:
        setup = _setup(session, store.archive)
        _archive_everything(session, work.check_stop)
    folder = _scratch(work, args.datastore)
    with _recovered(work, store, setup, args.at) as copy:
        return _dumped(work, copy, args, folder)


@dataclass(frozen=True)
class _Setup:
    """How the live server is set up. `options` are words for the recovered one."""

    stanza: str
    data: str
    options: tuple[str, ...]


def _setup(session: Connection, archive: PgBackRest) -> _Setup:
    row = session.execute(
        "SELECT current_setting('shared_preload_libraries'), current_setting('data_directory')"
    ).fetchone()
    libraries, data = row if row else ("", "")
    return _Setup(archive.stanza, str(data), _PRELOADED if TIMESCALE in libraries else ())


def _archive_everything(session: Connection, each: Callable[[], None]) -> None:
    """What was just written is in no archive yet. A commit after the moment ends the recovery."""
    session.execute("SELECT pg_current_xact_id()")
    row = session.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone()
    wanted = str(row[0]) if row else ""
    deadline = time.monotonic() + _ARCHIVE_SECONDS
    while True:
        each()
        seen = session.execute("SELECT last_archived_wal FROM pg_stat_archiver").fetchone()
        if seen and seen[0] is not None and str(seen[0]) >= wanted:
            return
        if time.monotonic() > deadline:
            raise DatastoreError(
                f"The write-ahead log {wanted} did not reach the archive in "
                f"{_ARCHIVE_SECONDS:g} s.",
                "See pg_stat_archiver and the server's log.",
            )
        time.sleep(_TICK)


@contextmanager
def _recovered(
    work: Work, store: ContainedStore, setup: _Setup, at: datetime
) -> Iterator[ContainedStore]:
    """The server as of then, in a helper that can read what the live container has mounted."""
    sockets = Path(tempfile.mkdtemp(prefix="interlock-pitr-"))
    inside = sockets / "s"
    inside.mkdir()
    inside.chmod(0o777)  # for the container's own user; above it nobody but we may pass
    order = HelperOrder(
        container=store.container,
        run=work.run,
        purpose=_PURPOSE,
        entrypoint=("sh", "-c", _SCRIPT, "sh"),
        argv=(setup.stanza, f"{at:%Y-%m-%d %H:%M:%S.%f%z}", *setup.options),
        environment={"INTERLOCK_SOCKETS": _SOCKETS, **_settings_of(store)},
        user=owner_of(store, setup.data),
        read_only=True,
        binds={_SOCKETS: inside},
    )
    try:
        with helper(order) as made, made.tool() as tool:
            copy = _reached(store, made, inside)
            _await(work, copy, tool)
            yield copy
    finally:
        shutil.rmtree(sockets, ignore_errors=True)


def _settings_of(store: ContainedStore) -> dict[str, str]:
    """How pgBackRest is set up by the live container's environment, where it is."""
    said = output_in(store.container, ("env",), {}).decode(errors="replace")
    found = (line.partition("=") for line in said.splitlines())
    return {name: value for name, _, value in found if name.startswith("PGBACKREST_")}


def _reached(store: ContainedStore, made: Helper, sockets: Path) -> ContainedStore:
    return store.model_copy(
        update={
            "host": str(sockets),
            "port": _PORT,
            "inside_port": _PORT,
            "container": made.id,
            "container_name": _PURPOSE,
            "mounts": {},
        }
    )


def _await(work: Work, copy: ContainedStore, tool: HelperTool) -> None:
    deadline = time.monotonic() + _SECONDS
    while not _is_promoted(work, copy):
        work.check_stop()
        if tool.ended():
            tool.finish()
            raise HostError("The recovery ended without a server.")
        if time.monotonic() > deadline:
            raise HostError(f"The recovery took more than {_SECONDS:g} s.")
        time.sleep(_TICK)


def _is_promoted(work: Work, copy: ContainedStore) -> bool:
    try:
        session = open_connection(copy, work.secrets, work.tag, _ALWAYS)
    except DatastoreError:
        return False
    with session:
        row = session.execute("SELECT NOT pg_is_in_recovery()").fetchone()
    return bool(row and row[0])


def _dumped(work: Work, copy: ContainedStore, args: RecoverArgs, folder: Path) -> JsonObject:
    """The roles, and each database one after the other."""
    with connected(copy, work.secrets, work.tag, _ALWAYS) as session:
        for name in args.databases or (copy.database,):
            _require_whole(session, name, args.at)
        passwords = our_user(session, copy.database).superuser
    roles = folder / globals_name(args.datastore)
    argv = tools.globals_argv(copy, passwords)
    _write(roles, iter([running.output(copy, argv, _environment(work))]))
    known = Globals(artifact=roles.name, passwords=passwords)
    files = {roles.name: str(roles)}
    dumps: dict[str, DumpFacts] = {}
    for name in args.databases or ("",):
        one = copy.model_copy(update={"database": name}) if name else copy
        dump = folder / dump_name(args.datastore, name)
        dumps[name] = _facts(work, one, known, dump.name)
        _dump(work, one, dump)
        files[dump.name] = str(dump)
    facts = _of_server(dumps, known) if args.databases else dumps[""]
    return {"files": files, "facts": facts.model_dump(mode="json")}


def _require_whole(session: Connection, name: str, at: datetime) -> None:
    """What removes a database is in the log before its commit, and a recovery stops at the first
    commit after the moment: it may find the database half gone."""
    row = session.execute(_LIMIT, (name,)).fetchone()
    then = f"{at:%Y-%m-%d %H:%M:%S}"
    if row is None:
        raise DatastoreError(
            f"There was no database {name!r} at {then}.",
            "Name a moment when it was there; of a server, name others with `--database`.",
        )
    if row[0] == _INVALID:
        raise DatastoreError(
            f"Nothing was committed between {then} and the removal of the database {name!r}, which "
            "the log has in pieces.",
            "Name a moment before the last change of anything on that server, or a backup.",
        )


def _of_server(dumps: dict[str, DumpFacts], known: Globals) -> ServerDumpFacts:
    one = next(iter(dumps.values()))
    return ServerDumpFacts(
        server=one.server, tools=one.tools, databases=dumps, globals=known, image=one.image
    )


def _facts(work: Work, copy: ContainedStore, known: Globals, dump: str) -> DumpFacts:
    """Nobody else is in this server, so that no snapshot has to be held."""

    def watch(done: int, total: int) -> None:
        work.progress(done, total, "tables")
        work.check_stop()

    version = running.output(copy, tools.version_argv(copy), _environment(work))
    with connected(copy, work.secrets, work.tag) as session:
        return DumpFacts(
            server=server(session),
            tools=version.decode().strip(),
            description=describe(session),
            counted=count_rows(session, Budget(_DAY), watch),
            globals=known,
            dump=dump,
            image=copy.image,
        )


def _dump(work: Work, copy: ContainedStore, file: Path) -> None:
    def watched(chunks: Iterator[bytes]) -> Iterator[bytes]:
        done = 0
        for chunk in chunks:
            work.check_stop()
            done += len(chunk)
            work.progress(done)
            yield chunk

    argv = tools.plain_dump_argv(copy)
    with running.started(copy, argv, _environment(work)) as tool:
        _write(file, watched(tool.chunks()))
        tool.finish()


def _write(file: Path, chunks: Iterator[bytes]) -> None:
    with explained(str(file.parent), f"write {file.name}"), file.open("wb") as to:
        file.chmod(0o600)
        for chunk in chunks:
            to.write(chunk)


def _scratch(work: Work, datastore: str) -> Path:
    """Where fetched files go, too: `repository.release` removes it."""
    folder = scratch_of(work.stack) / work.run / datastore
    with explained(str(folder), "make the scratch folder"):
        folder.parent.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.parent.mkdir(mode=0o700, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _environment(work: Work) -> dict[str, str]:
    return tools.tool_environment(None, work.tag)


RECOVER_ACTIONS = (Action("postgres.recover", RecoverArgs, recover, by_hand.recover),)
