"""Throwaway PostgreSQL servers: reached through a socket file alone, and gone when they are left.

They trust whoever reaches that file, which lies in a folder of ours. Their administrator has a
name that no backup has, so that all roles of a backup can be created.
"""

import hashlib
import os
import pwd
import shutil
import signal
import stat
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from playbooks.errors import DatastoreError, HostError
from playbooks.hosts.child import output_of
from playbooks.hosts.containers import sandbox
from playbooks.hosts.containers.sandbox import Recipe, throwaway_folder
from playbooks.hosts.logs.tail import tail
from playbooks.hosts.postgres import tools
from playbooks.hosts.postgres.connection import as_application
from playbooks.hosts.postgres.contained_store import ContainedStore
from playbooks.hosts.processes import LocalService
from playbooks.model.datastores import PostgresStore
from playbooks.model.service import Process

ADMIN = "interlock_drill"
_PORT = 5432
_START_SECONDS = 120.0
_STOP_SECONDS = 10.0
_TICK = 0.1
_INSIDE = "/interlock-sockets"
_INITDB = ("--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
# The data folder is of this container alone, and goes with it.
_SCRIPT = """set -eu
data=/tmp/interlock-drill
admin=$1
shift
initdb -D "$data" -U "$admin" "$@" > /dev/null
exec postgres -D "$data" -c listen_addresses=127.0.0.1 -c port=5432 \
  -c unix_socket_directories="$INTERLOCK_SOCKETS" -c shared_preload_libraries="$INTERLOCK_PRELOADED"
"""


@dataclass(frozen=True)
class Wanted:
    """A throwaway server for the datastore `name` in the run `run`.

    `store` is the datastore's own description; of it the tools, jobs and the database's name are
    taken. `preloaded` are libraries that the server loads at its start.
    """

    run: str
    name: str
    store: PostgresStore
    preloaded: tuple[str, ...] = ()


@contextmanager
def in_container(
    wanted: Wanted, image: str, files: Mapping[str, Path], each: Callable[[], None]
) -> Iterator[PostgresStore]:
    """A server in a container of `image` without any network.

    `files` are copied into it before the start, under these names. `each` is called while it is
    waited for. Raises HostError with the end of its log.
    """
    folder = _fresh(wanted)
    sockets = folder / "s"
    sockets.mkdir()
    sockets.chmod(0o777)  # for the container's own user; above it nobody but we may pass
    recipe = Recipe(
        image=image,
        entrypoint=("sh", "-c", _SCRIPT, "sh"),
        argv=(ADMIN, *_INITDB),
        environment={
            "INTERLOCK_SOCKETS": _INSIDE,
            "INTERLOCK_PRELOADED": ",".join(wanted.preloaded),
        },
        user="postgres",
        binds={_INSIDE: sockets},
    )
    try:
        with sandbox.sandbox(wanted.run, wanted.name, recipe) as box:
            placed = {str(p): box.put(p, "/", each, name=n) for n, p in files.items()}
            box.start()
            store = ContainedStore.model_validate(
                {
                    **_described(wanted, sockets),
                    "container": box.id,
                    "container_name": box.name,
                    "image": image,
                    "inside_port": _PORT,
                    "mounts": {},
                    "placed": placed,
                }
            )
            box.wait_until(lambda: _answers(store), _START_SECONDS, each)
            yield store
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def on_this_host(wanted: Wanted, major: int, each: Callable[[], None]) -> Iterator[PostgresStore]:
    """A server of this host, made with the datastore's own tools; `major` is its version.

    Raises HostError with what to install, or with the end of its log.
    """
    postgres, initdb = (_server_program(wanted.store, n, major) for n in ("postgres", "initdb"))
    user = _server_user(postgres)
    folder = _fresh(wanted)
    try:
        folder.chmod(0o711)  # for the server's user; what is in it is for nobody else
        data, sockets = folder / "data", folder / "s"
        for path in (data, sockets):
            path.mkdir(mode=0o700)
            if user:
                os.chown(path, user.pw_uid, user.pw_gid)
        environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"}
        output_of((*_as(user), str(initdb), "-D", str(data), "-U", ADMIN, *_INITDB), environment)
        service = _service(folder, (*_as(user), *_server_argv(postgres, data, sockets, wanted)))
        service.start({"LC_ALL": "C"})
        store = PostgresStore.model_validate(_described(wanted, sockets))
        _await(service, store, each)
        yield store
    finally:
        _end(folder)


def clear(run: str) -> int:
    """Ends and removes the servers of this host that the run made; how many. Idempotent."""
    left = [folder for folder in throwaway_folder().glob(f"{run}-*") if folder.is_dir()]
    for folder in left:
        _end(folder)
    with suppress(OSError):  # those of other runs are beside
        throwaway_folder().rmdir()
    return len(left)


def _described(wanted: Wanted, sockets: Path) -> dict[str, object]:
    return {
        **wanted.store.model_dump(include={"kind", "tools", "jobs", "database"}),
        "host": str(sockets),
        "port": _PORT,
        "user": ADMIN,
        "maintenance_database": "template1",
    }


def _fresh(wanted: Wanted) -> Path:
    """An empty folder; what an earlier attempt left there has ended. Its path is short, because
    those of sockets must be."""
    above = throwaway_folder()
    above.mkdir(mode=0o711, exist_ok=True)
    if above.stat().st_uid != os.getuid() or above.is_symlink():
        raise HostError(f"{above} is somebody else's.", "Remove it, or set TMPDIR.")
    folder = above / f"{wanted.run}-{hashlib.sha256(wanted.name.encode()).hexdigest()[:8]}"
    _end(folder)
    folder.mkdir(mode=0o700)
    return folder


def _end(folder: Path) -> None:
    if not folder.exists():
        return
    service = _service(folder, ("postgres",))
    if running := service.running():
        with suppress(ProcessLookupError):  # at once: nothing of it is needed any more
            os.kill(running.identity.pid, signal.SIGQUIT)
    service.stop(_STOP_SECONDS, lambda: None)
    shutil.rmtree(folder)


def _service(folder: Path, argv: Sequence[str]) -> LocalService:
    process = Process(argv=tuple(argv), directory=Path("/"), state=folder / "process")
    return LocalService("postgres", process)


def _server_argv(postgres: Path, data: Path, sockets: Path, wanted: Wanted) -> tuple[str, ...]:
    settings = {
        "listen_addresses": "",
        "port": str(_PORT),
        "unix_socket_directories": str(sockets),
        "unix_socket_permissions": "0700",
        "shared_preload_libraries": ",".join(wanted.preloaded),
    }
    options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
    return (str(postgres), "-D", str(data), *options)


def _await(service: LocalService, store: PostgresStore, each: Callable[[], None]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not _answers(store):
        each()
        if service.running() is None or time.monotonic() > deadline:
            lines = tail(service.log_file, lines=5).lines
            said = f"Its log ends: {' | '.join(lines)}" if lines else "Its log is empty."
            raise HostError(f"The throwaway PostgreSQL does not start. {said}")
        time.sleep(_TICK)


def _answers(store: PostgresStore) -> bool:
    try:
        as_application(store, "interlock-drill", store.maintenance_database).close()
    except DatastoreError:
        return False
    return True


def _server_program(store: PostgresStore, name: str, major: int) -> Path:
    """The server's programs are often not where its clients are."""
    usual = (f"/usr/lib/postgresql/{major}/bin", f"/usr/pgsql-{major}/bin")
    beside = Path(tools.tool(store, "pg_restore")).resolve().parent
    for folder in (beside, *map(Path, usual)):
        if (folder / name).is_file():
            return folder / name
    raise HostError(
        f"{name} of PostgreSQL {major} is not in {beside} nor in {' or '.join(usual)}.",
        "Install PostgreSQL's server on this host, or name the folder of its programs as `tools` "
        "of the datastore.",
    )


def _server_user(program: Path) -> pwd.struct_passwd | None:
    """None is whoever we are; root needs somebody else, who can reach the program."""
    if os.geteuid() != 0:
        return None
    closed = [p for p in program.resolve().parents if not p.stat().st_mode & stat.S_IXOTH]
    if closed:
        raise HostError(
            f"PostgreSQL does not run as root, and other users may not pass through {closed[0]}.",
            "Run Interlock as an ordinary user, or let others pass through that folder.",
        )
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name)
    raise HostError(
        "PostgreSQL does not run as root, and there is neither a user postgres nor nobody.",
        "Run Interlock as an ordinary user.",
    )


def _as(user: pwd.struct_passwd | None) -> tuple[str, ...]:
    """What makes a program run as the user, in a folder that everybody may be in."""
    if user is None:
        return ()
    ids = (f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups")
    return ("env", "--chdir=/", "setpriv", *ids, "--")
