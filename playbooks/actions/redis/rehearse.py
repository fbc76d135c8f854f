"""Rehearsing the restore of a Redis server, in a container that is thrown away afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playbooks.actions.redis.dump import rdb_name
from playbooks.actions.rehearsing import Findings, rehearsal, rehearsing
from playbooks.byhand import redis as by_hand
from playbooks.datastores.redis_model import DumpFacts, Keys, Keyspace, in_order
from playbooks.errors import BrokenBackup
from playbooks.hosts.containers.sandbox import Recipe, Sandbox, sandbox
from playbooks.hosts.redis import throwaway
from playbooks.hosts.redis.saving import checked
from playbooks.hosts.redis.throwaway import InContainer
from playbooks.model.base import JsonObject, Model
from playbooks.ports import Work
from playbooks.registry import Action

_FOLDER = "/tmp"
_MEMORY = 2 << 30
# The data, a child that writes them, and pages of the files.
_MEMORY_SHARE = 2
_WAITING = ("sh", "-c", "exec sleep 2147483647")


class RehearseArgs(Model):
    """A datastore of kind redis, the files of `repository.fetch`, the digest of the image, and
    what the backup says of itself."""

    datastore: str
    backup: str
    files: dict[str, Path]
    image: str
    wanted: DumpFacts


def rehearse(work: Work, args: RehearseArgs) -> JsonObject:
    """Loads the snapshot in a server of the same image, counts its keys, and where the stack has
    an append-only file writes one and reads it back. A `Rehearsal`.

    Raises HostError when there can be no such container.
    """
    findings = Findings()
    recipe = Recipe(
        image=args.image,
        argv=_WAITING[1:],
        entrypoint=_WAITING[:1],
        memory_bytes=max(_MEMORY, _MEMORY_SHARE * args.wanted.used_bytes),
    )
    with sandbox(work.run, args.datastore, recipe) as made:
        made.start()
        findings.restart_clock()
        with rehearsing(findings):
            _restored(work, args, made, findings)
    return rehearsal(findings)


def _restored(work: Work, args: RehearseArgs, made: Sandbox, findings: Findings) -> None:
    layout, name = args.wanted.layout, rdb_name(args.datastore)
    if name not in args.files:
        raise BrokenBackup(f"The backup of {args.datastore} has no {name}.")
    file = made.put(args.files[name], _FOLDER, work.check_stop, name=layout.dump)
    with made.tool(("redis-check-rdb", file), {}) as tool:
        read, _ = checked(tool, "the snapshot")
    missing = f"{read:,} keys, where {args.wanted.keys_read:,} were backed up"
    findings.look("redis-check-rdb", [] if read == args.wanted.keys_read else [missing])
    with _server(made, args, aof=False) as server:
        _count(args.wanted, throwaway.loaded(server, work.check_stop), findings)
        if layout.aof:
            throwaway.rewrite(server, work.check_stop)
    if layout.aof:
        with _server(made, args, aof=True) as server:
            again = throwaway.loaded(server, work.check_stop)
        findings.look("append-only file", throwaway.differences(args.wanted, again))


def _count(wanted: DumpFacts, found: Keyspace, findings: Findings) -> None:
    findings.look("keys", throwaway.differences(wanted, found))
    for db in in_order(wanted.keys):
        there = found.get(db, Keys(keys=0)).keys
        lost = wanted.keys[db].keys > wanted.keys[db].expires and not there
        findings.look(f"db{db}", ["it has no keys"] if lost else [])


@contextmanager
def _server(made: Sandbox, args: RehearseArgs, *, aof: bool) -> Iterator[InContainer]:
    argv = (
        *throwaway.ENTRYPOINT,
        *throwaway.server_argv(args.wanted.layout, _FOLDER, aof=aof),
    )
    with made.tool(argv, {}) as tool:
        server = InContainer(made.id, tool)
        yield server
        server.end()


REHEARSE_ACTIONS = (Action("redis.rehearse", RehearseArgs, rehearse, by_hand.rehearse),)
