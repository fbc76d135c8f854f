"""Settings of a PostgreSQL server, by ALTER SYSTEM."""

import io
import tarfile
import time

from psycopg import sql

from playbooks.byhand import upkeep as by_hand
from playbooks.datastores import auto_conf
from playbooks.errors import ActionFailed, DatastoreError, HostError
from playbooks.hosts.docker import containers_of, engine_with
from playbooks.hosts.postgres.connection import connected, postgres_store
from playbooks.hosts.postgres.statements import LISTS, names_in_list
from playbooks.model.base import JsonObject, Model
from playbooks.ports import Work
from playbooks.registry import Action

_SECONDS = 15.0
_PAUSE = 0.1
_LARGEST = 1 << 20
_SEEN = """
    SELECT pending_restart, (SELECT count(*) FROM pg_catalog.pg_file_settings
                             WHERE lower(name) = lower(s.name) AND error IS NOT NULL
                               AND error NOT LIKE '%%restart%%')
    FROM pg_catalog.pg_settings s WHERE name = %s
"""


class SetArgs(Model):
    """`value` None takes back what ALTER SYSTEM was told. `restarts` says that it counts after a
    restart only; `directory` is the server's data folder."""

    datastore: str
    name: str
    value: str | None
    restarts: bool
    directory: str


def set_(work: Work, args: SetArgs) -> JsonObject:
    """Output {}. The server reads its settings again; one that needs a restart waits for it.

    Raises DatastoreError with the server's reason when it does not take the value.
    """
    store = postgres_store(work.stack, args.datastore)
    with connected(store, work.secrets, work.tag) as connection:
        connection.execute(_statement(args.name, args.value))
        connection.execute("SELECT pg_catalog.pg_reload_conf()")
    return {}


def put_back(work: Work, args: SetArgs) -> JsonObject:
    """Undo: the value that was there before. Output {by: sql or file}.

    A server that the new value keeps from starting cannot be told: then its own file is edited in
    the container, which need not run.
    """
    try:
        set_(work, args)
    except (DatastoreError, HostError):
        _edited(work, args)
        return {"by": "file"}
    return {"by": "sql"}


def in_force(work: Work, args: SetArgs) -> JsonObject:
    """Output {}. Raises ActionFailed unless the server has taken the value."""
    store = postgres_store(work.stack, args.datastore)
    deadline = time.monotonic() + _SECONDS
    while True:
        with connected(store, work.secrets, work.tag) as connection:
            row = connection.execute(_SEEN, (args.name,)).fetchone()
        pending, wrong = row if row is not None else (True, 1)
        if not pending and not wrong:
            return {}
        if time.monotonic() > deadline:
            why = "it needs a restart" if pending else "the server finds it wrong"
            raise ActionFailed(f"{args.name} is not in force: {why}.", "Look at the server's log.")
        work.check_stop()
        time.sleep(_PAUSE)


def _statement(name: str, value: str | None) -> sql.Composed:
    setting = sql.Identifier(*name.split("."))
    if value is None:
        return sql.SQL("ALTER SYSTEM RESET {}").format(setting)
    values = names_in_list(value) if name in LISTS else [value]
    literals = sql.SQL(", ").join(map(sql.Literal, values or [""]))
    return sql.SQL("ALTER SYSTEM SET {} = {}").format(setting, literals)


def _edited(work: Work, args: SetArgs) -> None:
    """The file keeps its owner and mode. Raises HostError."""
    container = _container(work, args.datastore)
    place = f"{args.directory}/{auto_conf.NAME}"
    with engine_with(container) as client, io.BytesIO() as packed:
        pieces, _ = client.api.get_archive(container, place)
        for piece in pieces:
            packed.write(piece)
            if packed.tell() > _LARGEST:
                raise HostError(f"{place} is larger than it should be.")
        packed.seek(0)
        with tarfile.open(fileobj=packed) as archive:
            about = archive.getmembers()[0]
            file = archive.extractfile(about)
            content = file.read().decode() if file else ""
        fresh = auto_conf.with_setting(content, args.name, args.value).encode()
        about.size = len(fresh)
        with io.BytesIO() as back:
            with tarfile.open(fileobj=back, mode="w") as archive:
                archive.addfile(about, io.BytesIO(fresh))
            client.api.put_archive(container, args.directory, back.getvalue())


def _container(work: Work, datastore: str) -> str:
    stack, service = work.stack, work.stack.datastore(datastore).service
    contained = stack.container_of(service) if service else None
    if stack.compose is None or contained is None:
        raise HostError(
            f"The server of {datastore} does not answer, and runs in no container of ours.",
            f"Edit {auto_conf.NAME} in its data folder.",
        )
    found = containers_of(stack.compose.project, contained, stack.compose.host)
    if len(found) != 1:
        raise HostError(f"{contained} is needed with one container; it has {len(found)}.")
    return found[0].id


SETTING_ACTIONS = (
    Action("upkeep.set", SetArgs, set_, by_hand.set_),
    Action("upkeep.put_back", SetArgs, put_back, by_hand.set_),
    Action("upkeep.in_force", SetArgs, in_force, by_hand.in_force),
)
