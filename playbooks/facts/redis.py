"""What a Redis server is like now, and what restores have left beside its data."""

import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from playbooks.datastores.redis_model import (
    ABOUT,
    NEVER_LIVE,
    ORIGINAL,
    RESTORED,
    About,
    KeptFact,
    Layout,
    RedisFact,
)
from playbooks.errors import ActionFailed, FactUnavailable, SecretUnavailable
from playbooks.hosts.containers.container import Container
from playbooks.hosts.containers.tool import output_in
from playbooks.hosts.redis.cli import Described
from playbooks.hosts.redis.contained import (
    cli_of,
    container_of,
    on_host,
    redis_store,
    stat_of,
    text_of,
)
from playbooks.model.base import JsonObject, Model
from playbooks.ports import Reading
from playbooks.registry import Reader

_AVAILABLE = re.compile(r"^MemAvailable:\s+(\d+) kB$", re.M)
_KIB = 1024
# In FOLDER: kilobytes and run of each folder that a run left.
_LIST = """cd "$0" && for place in .interlock-*/; do
[ ! -d "$place" ] || { place=${place%/}; du -sk "$place" | sed 's/[[:space:]]*\\.interlock-/ /'; }
done"""
_MEMINFO = Path("/proc/meminfo")


class StoreArgs(Model):
    """A datastore of kind redis."""

    datastore: str


class KeptArgs(Model):
    """A datastore of kind redis, the run that kept a copy of it, and where its data are, which a
    server that does not run cannot say."""

    datastore: str
    run: str
    layout: Layout | None = None


def state(reading: Reading, args: StoreArgs) -> JsonObject:
    """A `RedisFact`. Raises FactUnavailable, also when a server that runs does not answer."""
    try:
        container = container_of(reading.stack, args.datastore)
        if container.status != "running":
            return _described(container, running=False).model_dump(mode="json")
        cli = cli_of(reading.stack, args.datastore, container, reading.secrets)
        folder = redis_store(reading.stack, args.datastore).folder
        return _asked(container, cli.described(folder)).model_dump(mode="json")
    except (ActionFailed, SecretUnavailable) as error:
        raise FactUnavailable(str(error)) from error


def kept(reading: Reading, args: KeptArgs) -> JsonObject:
    """A `KeptFact`. Raises FactUnavailable when the run left nothing, or is in the middle of it."""
    try:
        container = container_of(reading.stack, args.datastore)
        layout = args.layout or _layout(reading, args.datastore, container)
        found = _kept(container, layout, args.run)
    except (ActionFailed, SecretUnavailable) as error:
        raise FactUnavailable(str(error)) from error
    if found is None:
        raise FactUnavailable(
            f"run {args.run} kept no copy of {args.datastore} in {layout.holder(args.run)}"
        )
    return found.model_dump(mode="json")


def copies(reading: Reading, args: StoreArgs) -> JsonObject:
    """`{copies: [{run, path, role, since, bytes, counted}]}`, newest first: what earlier runs left.
    Raises FactUnavailable when the server does not run: its folder cannot be listed then."""
    try:
        container = container_of(reading.stack, args.datastore)
        layout = _layout(reading, args.datastore, container)
        said = output_in(container.id, ("sh", "-c", _LIST, layout.folder), {}).decode()
        sizes = {run: int(size) * _KIB for size, run in map(str.split, said.splitlines())}
        found = [copy for run in sizes if (copy := _kept(container, layout, run))]
    except (ActionFailed, SecretUnavailable) as error:
        raise FactUnavailable(str(error)) from error
    newest = sorted(found, key=lambda copy: copy.since, reverse=True)
    return {"copies": [_sized(copy, sizes[copy.run]) for copy in newest]}


def _sized(copy: KeptFact, size: int) -> JsonObject:
    shown = copy.model_dump(include={"run", "path", "role", "since"}, mode="json")
    return {**shown, "bytes": size, "counted": True}


def _described(container: Container, *, running: bool) -> RedisFact:
    return RedisFact(
        running=running,
        container=container.id,
        container_name=container.name,
        image=container.image,
        mounts=tuple(container.mounts),
    )


def _asked(container: Container, now: Described) -> RedisFact:
    free, device = _room(container, now.layout.folder)
    return _described(container, running=True).model_copy(
        update={
            "layout": now.layout,
            "keys": dict(now.keys),
            "used_bytes": now.used_bytes,
            "free_bytes": free,
            "device": device,
            "memory_bytes": _spare_memory(container, now.layout.folder),
        }
    )


def _room(container: Container, folder: str) -> tuple[int, str]:
    """Free bytes of the data folder, and the id of its file system where it is one of this host."""
    place = on_host(container, folder)
    if place is not None:
        space = os.statvfs(place)
        return space.f_bavail * space.f_frsize, str(place.stat().st_dev)
    last = output_in(container.id, ("df", "-Pk", folder), {}).decode().splitlines()[-1]
    return int(last.split()[-3]) * _KIB, ""


def _spare_memory(container: Container, folder: str) -> int | None:
    """What the engine's host can give; that host is this one where its volumes are."""
    if on_host(container, folder) is not None and _MEMINFO.exists():
        said = _MEMINFO.read_text()
    else:
        said = output_in(container.id, ("cat", str(_MEMINFO)), {}).decode(errors="replace")
    found = _AVAILABLE.search(said)
    return int(found[1]) * _KIB if found else None


def _layout(reading: Reading, datastore: str, container: Container) -> Layout:
    store = redis_store(reading.stack, datastore)
    if container.status != "running":
        return Layout(version="", folder=store.folder, append_folder="appendonlydir")
    return (
        cli_of(reading.stack, datastore, container, reading.secrets).described(store.folder).layout
    )


def _kept(container: Container, layout: Layout, run: str) -> KeptFact | None:
    holder = layout.holder(run)
    if stat_of(container.id, holder) is None:
        return None
    parts: tuple[Literal["original", "restored"], ...] = (ORIGINAL, RESTORED)
    there = {part: stat_of(container.id, f"{holder}/{part}") for part in parts}
    found = [part for part in parts if there[part] is not None]
    if len(found) != 1:
        return None
    part, path = found[0], f"{holder}/{found[0]}"
    append = [f"{path}/{name}" for name in (layout.append_folder, layout.append_file) if name]
    never = stat_of(container.id, f"{holder}/{NEVER_LIVE}") is not None
    about = _about(text_of(container.id, f"{holder}/{ABOUT}"))
    return KeptFact(
        run=run,
        part=part,
        role="beside" if never and part == RESTORED else "kept",
        path=path,
        since=_moment(str((there[part] or {})["mtime"])),
        aof=any(stat_of(container.id, each) for each in append),
        snapshot=stat_of(container.id, f"{path}/{layout.dump}") is not None,
        keys=about.keys if about and part == ORIGINAL else None,
    )


def _about(text: str | None) -> About | None:
    try:
        return About.model_validate_json(text) if text else None
    except ValidationError:
        return None


def _moment(text: str) -> datetime:
    """Docker's time to the second, with its own zone."""
    zone = re.search(r"([+-]\d\d:\d\d)$", text)
    moment = datetime.fromisoformat(text[:19] + (zone[1] if zone else "+00:00"))
    return moment.astimezone(UTC)


READERS: tuple[Reader[Any], ...] = (
    Reader("redis.state", StoreArgs, state),
    Reader("redis.kept", KeptArgs, kept),
    Reader("redis.copies", StoreArgs, copies),
)
