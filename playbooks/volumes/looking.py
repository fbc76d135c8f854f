"""A mount seen through a helper: how much is in it, what runs kept there, how an exchange went."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from playbooks.errors import HostError
from playbooks.hosts.containers.helper import HelperOrder, output_of
from playbooks.hosts.containers.mounted import Mounted, mounted
from playbooks.model.stack import Stack
from playbooks.volumes import scripts
from playbooks.volumes.store import mounted_store

_NO_SHELL = "Name an image of this host that has a shell as `tools` of the datastore."

Reach = Literal["before", "halfway", "after", "unclear"]


@dataclass(frozen=True)
class Kept:
    """What one run left in the mount. `role` "kept": it was live until `since`; "beside": it never
    was. `name` is its folder in the run's holder. `bytes` is None where counting took too long."""

    run: str
    name: str
    role: Literal["kept", "beside"]
    since: datetime
    bytes: int | None


@dataclass(frozen=True)
class Seen:
    """`used_bytes` and `files` are those of what is live, None where counting took too long.
    `device` and `free_bytes` are those of the file system that holds the mount, `inode` is that of
    its root."""

    inode: int
    device: str
    free_bytes: int
    used_bytes: int | None
    files: int | None
    kept: tuple[Kept, ...]


def mount_of(stack: Stack, name: str) -> Mounted:
    """Raises HostError when it is not there, or its service has no container."""
    store = mounted_store(stack, name)
    found = mounted(stack, store.service, store.path)
    if found is None:
        raise HostError(
            f"{stack.name}/{store.service} has no container, so its {store.path} is not there.",
            f"Start {store.service} once.",
        )
    return found


def order_for(
    stack: Stack, name: str, *, run: str, purpose: str, read_only: bool = False
) -> HelperOrder:
    """A helper that carries archives of the datastore. Raises HostError."""
    store, mount = mounted_store(stack, name), mount_of(stack, name)
    return HelperOrder(
        container=mount.container,
        run=run,
        purpose=f"{purpose}-{stack.name}-{name}",
        entrypoint=(),
        user="0:0",
        image=store.tools,
        read_only=read_only,
        only=store.path,
    )


def told(order: HelperOrder, script: str, *words: str) -> tuple[str, ...]:
    """The lines that a script in the helper writes. Raises HostError, NoSpace."""
    argv = ("sh", "-c", script, "sh", *words)
    given = {**vars(order), "argv": argv}
    try:
        said = output_of(HelperOrder(**given))
    except HostError as error:
        if "executable file not found" in error.message:
            raise HostError(error.message, _NO_SHELL) from error
        raise
    return tuple(said.decode(errors="replace").splitlines())


def look(order: HelperOrder, path: str, seconds: float) -> Seen:
    """What is in the mount. Raises HostError."""
    lines = [line.split() for line in told(order, scripts.STATE, path, f"{seconds:g}")]
    words = {line[0]: line[1:] for line in lines if line[0] != "own"}
    own = sum(int(line[1]) for line in lines if line[0] == "own")
    free, device = words["disk"][0], " ".join(words["disk"][1:])
    return Seen(
        inode=int(words["root"][0]),
        device=device,
        free_bytes=int(free) * 1024,
        used_bytes=(int(words["used"][0]) - own) * 1024 if "used" in words else None,
        files=int(words["files"][0]) if "files" in words else None,
        kept=tuple(
            sorted(
                (_kept(*line[1:]) for line in lines if line[0] == "kept"),
                key=lambda kept: kept.since,
                reverse=True,
            )
        ),
    )


def held(order: HelperOrder, path: str, run: str) -> frozenset[str]:
    """The names in the holder of a run; nothing where there is none. Raises HostError."""
    return frozenset(told(order, scripts.HELD, path, run))


def sides(names: frozenset[str]) -> tuple[str, str]:
    """What is live and what is beside, as an exchange takes them.

    Raises HostError when there is no whole copy beside.
    """
    for live, beside in (
        (scripts.ORIGINAL, scripts.RESTORED),
        (scripts.RESTORED, scripts.ORIGINAL),
    ):
        if _contents(names) == {beside}:
            return live, beside
    raise HostError(
        f"There is no whole copy beside, only: {', '.join(sorted(names)) or 'nothing'}."
    )


def reach(names: frozenset[str], incoming: str, outgoing: str) -> Reach:
    """How far the exchange that makes `incoming` live and puts `outgoing` aside has come."""
    contents = _contents(names)
    if contents == {incoming}:
        return "before"
    if contents == {outgoing}:
        return "after"
    return "halfway" if contents else "unclear"


def _contents(names: frozenset[str]) -> frozenset[str]:
    return names - {scripts.NEW}


def _kept(run: str, name: str, new: str, since: str, kilobytes: str) -> Kept:
    never_live = name == scripts.RESTORED and new == "new"
    return Kept(
        run=run,
        name=name,
        role="beside" if never_live else "kept",
        since=datetime.fromtimestamp(int(since), UTC),
        bytes=int(kilobytes) * 1024 if kilobytes.isdigit() else None,
    )
