"""What takes space on a stack's host."""

from collections.abc import Callable
from typing import Any

from playbooks.errors import FactUnavailable, HostError
from playbooks.hosts.machine.filesystems import filesystem, folder, mounts
from playbooks.hosts.shell import shell_of
from playbooks.model.base import JsonObject, Model
from playbooks.model.disk import FileSystems
from playbooks.ports import Reading
from playbooks.registry import NoArgs, Reader


class PlaceArgs(Model):
    """A file or folder of the stack's host."""

    path: str


def mounted(reading: Reading, _: NoArgs) -> JsonObject:
    """A `playbooks.model.disk.Mounts`."""
    return _read(lambda: mounts(shell_of(reading.stack.host)))


def system(reading: Reading, args: PlaceArgs) -> JsonObject:
    """A `playbooks.model.disk.FileSystem`."""
    return _read(lambda: filesystem(shell_of(reading.stack.host), args.path))


def full(reading: Reading, _: NoArgs) -> JsonObject:
    """{systems: [`playbooks.model.disk.FileSystem`]}: each file system of the host that holds
    data."""

    def look() -> FileSystems:
        shell = shell_of(reading.stack.host)
        found = mounts(shell).mounts
        return FileSystems(systems=tuple(filesystem(shell, each.path) for each in found))

    return _read(look)


def counted(reading: Reading, args: PlaceArgs) -> JsonObject:
    """A `playbooks.model.disk.Folder`."""
    return _read(lambda: folder(shell_of(reading.stack.host), args.path))


def _read(look: Callable[[], Model]) -> JsonObject:
    try:
        return look().model_dump(mode="json")
    except HostError as error:
        raise FactUnavailable(error.message.rstrip("."), error.hint) from error


READERS: tuple[Reader[Any], ...] = (
    Reader("disk.mounts", NoArgs, mounted),
    Reader("disk.systems", NoArgs, full),
    Reader("disk.system", PlaceArgs, system),
    Reader("disk.folder", PlaceArgs, counted),
)
