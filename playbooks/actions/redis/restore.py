"""Restoring a Redis server: laid beside, tried out, exchanged while it is down, kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from playbooks.actions.beside import not_exchanged
from playbooks.actions.helpers import clear_all
from playbooks.actions.redis.dump import rdb_name
from playbooks.byhand import redis as by_hand
from playbooks.datastores.redis_model import (
    NEVER_LIVE,
    RESTORED,
    About,
    DumpFacts,
    Keys,
    Keyspace,
    Layout,
    total,
)
from playbooks.errors import BrokenBackup, DatastoreError, HostError
from playbooks.hosts.containers.container import Container
from playbooks.hosts.containers.helper import HelperOrder, helper, output_of
from playbooks.hosts.redis import beside, throwaway
from playbooks.hosts.redis.contained import cli_of, container_of
from playbooks.hosts.redis.saving import checked
from playbooks.hosts.redis.throwaway import InContainer
from playbooks.model.base import JsonObject, Model
from playbooks.ports import Work
from playbooks.registry import Action, Probe

Part = Literal["original", "restored"]


class SideArgs(Model):
    """A datastore of kind redis and where its data are."""

    datastore: str
    layout: Layout


class LayArgs(SideArgs):
    """`files` are those of `repository.fetch`, path by plain name."""

    files: dict[str, Path]


class TryArgs(SideArgs):
    """`owner` is `UID:GID` of the data, `wanted` what the backup says of itself."""

    owner: str
    wanted: DumpFacts


class CopyArgs(SideArgs):
    """`run` is the run that laid the copy beside: this one, or, to undo, an earlier one."""

    run: str


class ExchangeArgs(CopyArgs):
    """Which part becomes live, and under which name what is live is kept."""

    incoming: Part
    outgoing: Part


def lay(work: Work, args: LayArgs) -> JsonObject:
    """Fills `FOLDER/.interlock-RUN/restored` with the snapshot. `{side, owner}`. Repeating it
    starts afresh. Raises HostError, NoSpace."""
    name = rdb_name(args.datastore)
    if name not in args.files:
        raise BrokenBackup(f"The backup of {args.datastore} has no {name}.")
    container = container_of(work.stack, args.datastore)
    owner = beside.cleared(container.id, work.run, args.layout)
    about = About(run=work.run, at=work.started, keys=_keys_now(work, args.datastore, container))
    side = beside.Side(args.layout, work.run, owner, args.files[name], about.model_dump_json())
    size = args.files[name].stat().st_size

    def each(done: int) -> None:
        work.progress(done, size)
        work.check_stop()

    order = HelperOrder(container=container.id, run=work.run, purpose="lay")
    with helper(order) as made:
        side.lay(made, each)
    return {"side": f"{args.layout.holder(work.run)}/{RESTORED}", "owner": owner}


def remove_side(work: Work, args: SideArgs) -> JsonObject:
    """Removes what `redis.lay` laid beside, and never what was live before. `{removed}`."""
    clear_all(work)
    container = container_of(work.stack, args.datastore)
    return {"removed": beside.removed(container.id, work.run, args.layout)}


def attempt(work: Work, args: TryArgs) -> JsonObject:
    """Loads the snapshot in a server of the same image, without a network, and counts its keys.

    Where the live server has an append-only file, this one writes it, and what it wrote is read
    back by another: `{keys, aof, digest}`, the digest being empty where keys end by themselves.
    Raises BrokenBackup, DatastoreError when the keys are not those of the backup.
    """
    container = container_of(work.stack, args.datastore)
    side = f"{args.layout.holder(work.run)}/{RESTORED}"
    _check(work, container, f"{side}/{args.layout.dump}", args.wanted)
    with _server(work, args, container, side, aof=False) as server:
        keys = throwaway.loaded(server, work.check_stop)
        throwaway.require_equal(args.wanted, keys)
        digest = "" if _any_ends(keys) else throwaway.digest(server.cli)
        if args.layout.aof:
            throwaway.rewrite(server, work.check_stop)
    if args.layout.aof:
        with _server(work, args, container, side, aof=True) as server:
            again = throwaway.loaded(server, work.check_stop)
            throwaway.require_equal(args.wanted, again)
            _require_same(digest, throwaway.digest(server.cli) if digest else "")
            keys = again
    return {"keys": total(keys), "aof": args.layout.aof, "digest": digest}


def swap(work: Work, args: ExchangeArgs) -> JsonObject:
    """Makes `incoming` live while the server is down. `{kept}`. Goes on from wherever an earlier
    attempt had come."""
    _stopped(work, args.datastore)
    _exchange(work, args).make()
    return _kept(args)


def swap_back(work: Work, args: ExchangeArgs) -> JsonObject:
    """The undo of `redis.exchange`, from wherever it had come. `{}`."""
    meant = _exchange(work, args)
    if meant.state() != "before":
        _stopped(work, args.datastore)
        meant.back.make()
    return {}


def is_exchanged(work: Work, args: ExchangeArgs) -> JsonObject:
    """Probe of `redis.exchange`."""
    now = _exchange(work, args).state()
    if now == "after":
        return Probe(state="done", output=_kept(args)).model_dump()
    why = f"{args.layout.holder(args.run)} is not there any more"
    return not_exchanged(now, why)


def settle(work: Work, args: CopyArgs) -> JsonObject:
    """After the exchange: what lies beside counts as kept from now on. `{}`. Idempotent."""
    container = container_of(work.stack, args.datastore)
    mark = f"{args.layout.holder(args.run)}/{NEVER_LIVE}"
    output_of(beside.order(container.id, work.run, "settle", 'rm -f -- "$1"', mark))
    clear_all(work)
    return {}


def _check(work: Work, container: Container, file: str, wanted: DumpFacts) -> None:
    order = HelperOrder(
        container=container.id,
        run=work.run,
        purpose="check",
        argv=(file,),
        entrypoint=("redis-check-rdb",),
        user="0",
        read_only=True,
    )
    with helper(order) as made, made.tool() as tool:
        read, _ = checked(tool, "the snapshot")
    if read != wanted.keys_read:
        raise DatastoreError(
            f"The snapshot holds {read:,} keys, and {wanted.keys_read:,} were backed up.",
            "The live data were not touched; restore from another backup.",
        )


@contextmanager
def _server(
    work: Work, args: TryArgs, container: Container, side: str, *, aof: bool
) -> Iterator[InContainer]:
    order = HelperOrder(
        container=container.id,
        run=work.run,
        purpose="try",
        argv=tuple(throwaway.server_argv(args.layout, side, aof=aof)),
        entrypoint=throwaway.ENTRYPOINT,
        user=args.owner,
    )
    with helper(order) as made, made.tool() as tool:
        server = InContainer(made.id, tool)
        yield server
        server.end()


def _require_same(before: str, after: str) -> None:
    if before != after:
        raise DatastoreError(
            "The append-only file that was written does not hold what the snapshot holds.",
            "The live data were not touched; try once more, or restore from another backup.",
        )


def _any_ends(keys: Keyspace) -> bool:
    return any(each.expires for each in keys.values())


def _keys_now(work: Work, datastore: str, container: Container) -> dict[str, Keys] | None:
    """For people who undo this later; nothing depends on it."""
    if container.status != "running":
        return None
    try:
        return dict(cli_of(work.stack, datastore, container, work.secrets).keyspace())
    except (HostError, DatastoreError):
        return None


def _exchange(work: Work, args: ExchangeArgs) -> beside.Exchange:
    container = container_of(work.stack, args.datastore)
    return beside.Exchange(
        container=container.id,
        run=work.run,
        layout=args.layout,
        kept_by=args.run,
        incoming=args.incoming,
        outgoing=args.outgoing,
    )


def _stopped(work: Work, datastore: str) -> None:
    container = container_of(work.stack, datastore)
    if container.up:
        raise DatastoreError(
            f"{container.name} runs, and would write over what is exchanged.",
            "Stop it and go on.",
        )


def _kept(args: ExchangeArgs) -> JsonObject:
    return {"kept": f"{args.layout.holder(args.run)}/{args.outgoing}"}


RESTORE_ACTIONS = (
    Action("redis.lay", LayArgs, lay, by_hand.lay),
    Action("redis.remove_side", SideArgs, remove_side, by_hand.remove_side),
    Action("redis.try", TryArgs, attempt, by_hand.attempt),
    Action("redis.exchange", ExchangeArgs, swap, by_hand.exchange),
    Action("redis.exchange_back", ExchangeArgs, swap_back, by_hand.exchange_back),
    Action("redis.is_exchanged", ExchangeArgs, is_exchanged, by_hand.is_exchanged),
    Action("redis.settle", CopyArgs, settle, by_hand.settle),
)
