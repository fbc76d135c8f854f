"""Room for what a drill makes and throws away."""

from pathlib import Path
from typing import Any, Literal

from playbooks.errors import FactUnavailable, HostError
from playbooks.facts.disk import PathArgs, free
from playbooks.hosts.containers.sandbox import engine_folder, image_of, throwaway_folder
from playbooks.model.base import JsonObject, Model
from playbooks.ports import Reading
from playbooks.registry import Reader
from playbooks.repository.of_stack import scratch_of


class RoomArgs(Model):
    """`scratch` is where files are fetched and unpacked, `server` where throwaway servers of this
    host keep their data, `engine` where containers keep theirs."""

    place: Literal["scratch", "server", "engine"]


def room(reading: Reading, args: RoomArgs) -> JsonObject:
    """As `disk.free`, and the `path`."""
    try:
        path = _folder(reading, args)
    except HostError as error:
        raise FactUnavailable(str(error)) from error
    return {"path": str(path), **free(reading, PathArgs(path=path))}


class ImageArgs(Model):
    """A service of a compose stack."""

    service: str


def image(reading: Reading, args: ImageArgs) -> JsonObject:
    """`{image}`: the digest of what the service's container is made from, or would be."""
    try:
        return {"image": image_of(reading.stack, args.service)}
    except HostError as error:
        raise FactUnavailable(str(error)) from error


def _folder(reading: Reading, args: RoomArgs) -> Path:
    match args.place:
        case "scratch":
            return scratch_of(reading.stack)
        case "server":
            return throwaway_folder()
        case "engine":
            return engine_folder()


READERS: tuple[Reader[Any], ...] = (
    Reader("drill.room", RoomArgs, room),
    Reader("drill.image", ImageArgs, image),
)
