"""Taking in a snapshot of Redis that somebody brings."""

from time import monotonic

from playbooks.actions.brought import AdoptArgs, required, stored
from playbooks.actions.redis.dump import rdb_name
from playbooks.actions.storing import entry_of
from playbooks.byhand import given as by_hand
from playbooks.datastores.redis_model import DUMP_MEDIA, DumpFacts, Layout, total
from playbooks.hosts.containers.sandbox import Recipe, Sandbox, sandbox
from playbooks.hosts.redis import throwaway
from playbooks.hosts.redis.cli import Described
from playbooks.hosts.redis.contained import cli_of, container_of, redis_store
from playbooks.hosts.redis.saving import checked
from playbooks.hosts.redis.throwaway import InContainer
from playbooks.model.base import JsonObject
from playbooks.ports import Work
from playbooks.registry import Action

_FOLDER = "/tmp"
_MEMORY = 2 << 30
# Of a small file a lot of memory can come.
_MEMORY_SHARE = 16
_WAITING = ("sh", "-c", "exec sleep 2147483647")


def adopt(work: Work, args: AdoptArgs) -> JsonObject:
    """Checks a snapshot by redis-check-rdb and loads it in a throwaway server of the same image,
    which counts what is in it. Its StoreEntry; the facts are a `DumpFacts`.

    Raises BrokenBackup, HostError, DatastoreError when it cannot be loaded.
    """
    began, path = monotonic(), required(work, args)
    container = container_of(work.stack, args.datastore)
    layout = _layout(work, args.datastore)
    recipe = Recipe(
        image=container.image,
        entrypoint=_WAITING[:1],
        argv=_WAITING[1:],
        memory_bytes=max(_MEMORY, _MEMORY_SHARE * path.stat().st_size),
    )
    with sandbox(work.run, args.datastore, recipe) as made:
        made.start()
        file = made.put(path, _FOLDER, work.check_stop, name=layout.dump)
        with made.tool(("redis-check-rdb", file), {}) as tool:
            read, ends = checked(tool, path.name)
        found = _loaded(work, made, layout)
    artifact = stored(work, args, path, rdb_name(args.datastore), DUMP_MEDIA)
    facts = DumpFacts(
        layout=layout,
        keys=dict(found.keys),
        keys_read=read,
        expires_read=ends,
        exact=total(found.keys) == read,
        used_bytes=found.used_bytes,
        image=container.image,
    )
    return entry_of(args.datastore, "redis", (artifact,), facts.model_dump(mode="json"), began)


def _layout(work: Work, datastore: str) -> Layout:
    """As the live server keeps its data; one that does not run is taken for an ordinary one."""
    container, folder = (
        container_of(work.stack, datastore),
        redis_store(work.stack, datastore).folder,
    )
    if container.status != "running":
        return Layout(version="", folder=folder, append_folder="appendonlydir")
    return cli_of(work.stack, datastore, container, work.secrets).described(folder).layout


def _loaded(work: Work, made: Sandbox, layout: Layout) -> Described:
    argv = (*throwaway.ENTRYPOINT, *throwaway.server_argv(layout, _FOLDER, aof=False))
    with made.tool(argv, {}) as tool:
        server = InContainer(made.id, tool)
        throwaway.loaded(server, work.check_stop)
        found = server.cli.described(_FOLDER)
        server.end()
    return found


ADOPT_ACTIONS = (Action("redis.adopt", AdoptArgs, adopt, by_hand.adopt),)
