"""Restoring what is mounted into a container: filled beside the live content, compared, exchanged,
kept. All of it in the mount itself, through helpers."""

from collections.abc import Mapping

from playbooks.actions.beside import (
    CompareArgs,
    CopyArgs,
    ExchangeArgs,
    ExchangeBackArgs,
    ExtractArgs,
    OneTree,
    not_exchanged,
    same,
)
from playbooks.actions.helpers import clear_all
from playbooks.byhand import volumes as by_hand
from playbooks.errors import DatastoreError, OutcomeUnknown
from playbooks.folders.places import OWN_PREFIX
from playbooks.hosts import compose as plugin
from playbooks.hosts.containers.helper import HelperOrder, helper
from playbooks.hosts.containers.mounted import mounted, running_with
from playbooks.model.base import JsonObject
from playbooks.ports import Work
from playbooks.registry import Action, Probe
from playbooks.volumes import scripts
from playbooks.volumes.looking import held, mount_of, order_for, reach, sides, told
from playbooks.volumes.store import holder_of, mounted_store
from playbooks.volumes.stream import Moving, measured

# So many names fit into one command line, however long they are.
_ARGUMENTS = 200


def provide(work: Work, args: OneTree) -> JsonObject:
    """Makes the service's container with its volumes, not started, unless it is there.

    `{made}`. Raises HostError.
    """
    store = mounted_store(work.stack, args.datastore)
    compose = work.stack.compose_of(store.service)
    if compose is None or mounted(work.stack, store.service, store.path) is not None:
        return {"made": False}
    with plugin.alone(compose):
        argv = plugin.create_argv(compose, work.stack.container_of(store.service) or "")
        plugin.run(argv, on=compose.host)
    mount_of(work.stack, args.datastore)
    return {"made": True}


def extract(work: Work, args: ExtractArgs) -> JsonObject:
    """Fills a folder in the mount, beside the live content. `{side}`. Repeating it starts afresh.

    Raises BrokenBackup, HostError, NoSpace.
    """
    tar, path = args.tar, _path(work, args.datastore)
    order = _order(work, args.datastore, "extract")
    told(order, scripts.MAKE_SIDE, path, work.run)
    below = f"{OWN_PREFIX}{work.run}/{scripts.RESTORED}"
    size = tar.stat().st_size
    with tar.open("rb") as archive, helper(order) as carrier:
        moving = Moving(archive, below)
        carrier.put(path, moving.chunks(lambda done: work.progress(done, size), work.check_stop))
    _dress(order, f"{path}/{below}", moving.undressed)
    return {"side": f"{path}/{below}"}


def remove_side(work: Work, args: OneTree) -> JsonObject:
    """Removes what `volume.extract` filled, and never what was live before. `{removed}`."""
    path = _path(work, args.datastore)
    clear_all(work)
    if mounted(work.stack, mounted_store(work.stack, args.datastore).service, path) is None:
        return {"removed": False}
    said = told(_order(work, args.datastore, "remove"), scripts.REMOVE_SIDE, path, work.run)
    return {"removed": "removed" in said}


def compare(work: Work, args: CompareArgs) -> JsonObject:
    """Reads the filled folder and compares it with the backup: content, owners, modes and all.

    `{digest, entries, files, bytes}`. Raises DatastoreError when they differ, HostError.
    """
    side = f"{holder_of(mounted_store(work.stack, args.datastore), work.run)}/{scripts.RESTORED}"
    with helper(_order(work, args.datastore, "compare", read_only=True)) as carrier:
        found = measured(
            carrier.take(f"{side}/."), lambda done: work.progress(done, args.bytes), work.check_stop
        )
    untouched = (
        "The live content was not touched; see whether its file system keeps owners and modes."
    )
    return same(found, args, side, untouched)


def identify(work: Work, args: CopyArgs) -> JsonObject:
    """Notes which content is which, so that the exchange can be recognised. `{live, side}`."""
    live, side = sides(_held(work, args.datastore, args.run))
    return {"live": live, "side": side}


def exchange(work: Work, args: ExchangeArgs) -> JsonObject:
    """Makes what is beside live, and keeps what was live beside. `{kept}`. Goes on from wherever
    an earlier attempt had come. Raises DatastoreError while something that runs has it mounted."""
    _exchanged(work, args.datastore, args.run, incoming=args.side, outgoing=args.live)
    return _kept(work, args.datastore, args.run, args.live)


def exchange_back(work: Work, args: ExchangeBackArgs) -> JsonObject:
    """The undo of `volume.exchange`, from wherever it had come. `{kept}`."""
    if args.live is None or args.side is None:
        return {"kept": ""}
    names = _held(work, args.datastore, args.run)
    if reach(names, args.side, args.live) != "before":
        _exchanged(work, args.datastore, args.run, incoming=args.live, outgoing=args.side)
    return _kept(work, args.datastore, args.run, args.side)


def is_exchanged(work: Work, args: ExchangeArgs) -> JsonObject:
    """Probe of `volume.exchange`."""
    names = _held(work, args.datastore, args.run)
    now = reach(names, args.side, args.live)
    if now == "after":
        kept = _kept(work, args.datastore, args.run, args.live)
        return Probe(state="done", output=kept).model_dump()
    where = holder_of(mounted_store(work.stack, args.datastore), args.run)
    return not_exchanged(now, f"{where} holds nothing")


def settle(work: Work, args: CopyArgs) -> JsonObject:
    """After the exchange: the copy beside counts as kept from now on. Idempotent."""
    order = _order(work, args.datastore, "settle")
    told(order, scripts.SETTLE, _path(work, args.datastore), args.run)
    return {}


def _exchanged(work: Work, datastore: str, run: str, *, incoming: str, outgoing: str) -> None:
    users = running_with(mount_of(work.stack, datastore))
    path = _path(work, datastore)
    if users:
        raise DatastoreError(
            f"{', '.join(users)} runs and has {path} of {datastore} mounted.",
            f"Stop it, and name its service as one of `stops` of {datastore}.",
        )
    order = _order(work, datastore, "exchange")
    told(order, scripts.EXCHANGE, path, run, incoming, outgoing)
    now = reach(_held(work, datastore, run), incoming, outgoing)
    if now != "after":
        raise OutcomeUnknown(
            f"The exchange of {datastore} in {path} is {now}.",
            f"Look at {path}/{OWN_PREFIX}{run}.",
        )


def _dress(order: HelperOrder, folder: str, modes: Mapping[str, int]) -> None:
    words = [word for name, mode in modes.items() for word in (f"{mode:o}", name)]
    for first in range(0, len(words), _ARGUMENTS):
        told(order, scripts.DRESS, folder, *words[first : first + _ARGUMENTS])


def _held(work: Work, datastore: str, run: str) -> frozenset[str]:
    return held(_order(work, datastore, "look", read_only=True), _path(work, datastore), run)


def _kept(work: Work, datastore: str, run: str, name: str) -> JsonObject:
    return {"kept": f"{holder_of(mounted_store(work.stack, datastore), run)}/{name}"}


def _path(work: Work, datastore: str) -> str:
    return mounted_store(work.stack, datastore).path


def _order(work: Work, datastore: str, purpose: str, *, read_only: bool = False) -> HelperOrder:
    return order_for(work.stack, datastore, run=work.run, purpose=purpose, read_only=read_only)


RESTORE_ACTIONS = (
    Action("volume.provide", OneTree, provide, by_hand.provide),
    Action("volume.extract", ExtractArgs, extract, by_hand.extract),
    Action("volume.remove_side", OneTree, remove_side, by_hand.remove_side),
    Action("volume.compare", CompareArgs, compare, by_hand.compare),
    Action("volume.identify", CopyArgs, identify, by_hand.identify),
    Action("volume.exchange", ExchangeArgs, exchange, by_hand.exchange),
    Action("volume.exchange_back", ExchangeBackArgs, exchange_back, by_hand.exchange_back),
    Action("volume.is_exchanged", ExchangeArgs, is_exchanged, by_hand.is_exchanged),
    Action("volume.settle", CopyArgs, settle, by_hand.settle),
)
