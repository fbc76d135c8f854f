"""Log files inside containers, read by the tools of their images or as the engine packs them."""

import tarfile
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any

from playbooks.errors import HostError
from playbooks.hosts.composed import ComposedService
from playbooks.hosts.containers.tool import output_in
from playbooks.hosts.docker import engine_with
from playbooks.hosts.logs.lines import Fresh, LogLine, lines_in, text_of
from playbooks.hosts.logs.shell_file import listed
from playbooks.lines.masks import LineMask
from playbooks.lines.when import time_of
from playbooks.model.base import JsonObject

_MOST_BYTES = 4 * 1024 * 1024
_PACKED_MOST = 256 * 1024 * 1024
_SECONDS = 30.0


@dataclass(frozen=True)
class ContainerFileLog:
    """A `LogSource`: a file inside the first container of the service, its last 4 MB."""

    service: ComposedService
    path: str

    def mask(self) -> LineMask:
        return LineMask()

    def newest(self, lines: int, since: datetime | None) -> Iterator[LogLine]:
        kept: deque[LogLine] = deque(maxlen=lines)
        for line in _lines(self._end()):
            if since is None or line.at is None or line.at >= since:
                kept.append(line)
        yield from kept

    def fresh(self, cursor: JsonObject, most: int) -> Fresh:
        """The cursor holds the size that the file had. A smaller file is a new one."""
        size = self._size()
        if not cursor:
            return Fresh((), {"offset": size})
        begin = int(cursor["offset"]) if int(cursor["offset"]) <= size else 0
        if begin == size:
            return Fresh((), {"offset": size})
        data = self._end(min(size - begin, _MOST_BYTES))
        whole, newline, rest = data.rpartition(b"\n")
        lines = tuple(_lines(b"\n".join(whole.split(b"\n")[-most:]))) if newline else ()
        return Fresh(lines, {"offset": size - len(rest)})

    def _end(self, count: int = _MOST_BYTES) -> bytes:
        container = container_of(self.service)
        if container.up:
            try:
                argv = ["tail", "-c", str(count), "--", self.path]
                return output_in(container.id, argv, {"LC_ALL": "C"})
            except HostError as error:
                if "No such file" in error.message:
                    raise HostError(f"{self.path} is not in {container.name}.") from error
        return _packed(container.id, self.path, count)

    def _size(self) -> int:
        container = container_of(self.service)
        with engine_with(container.id) as client:
            chunks, about = client.api.get_archive(container.id, self.path)
            chunks.close()
        return int(about["size"])


def container_of(service: ComposedService) -> Any:
    """The service's first container. Raises HostError when it has none."""
    found = service.containers()
    if not found:
        raise HostError(
            f"{service.name} has no container, so there are no files in it.",
            "Start it, then look again.",
        )
    return found[0]


def files_in(service: ComposedService, folder: str) -> tuple[tuple[str, int | None], ...]:
    """The plain files of a folder in the container, the newest first; of a file, itself. Names and
    sizes.

    Raises HostError, also where the image has no `ls`.
    """
    container = container_of(service)
    if not container.up:
        raise HostError(f"{container.name} does not run, so {folder} cannot be listed.")
    said = output_in(container.id, ["ls", "-lnt", "--", folder], {"LC_ALL": "C"})
    return tuple(listed(said.decode(errors="replace")))


def _lines(data: bytes) -> Iterator[LogLine]:
    for raw in lines_in([data.removesuffix(b"\n")]) if data else ():
        text = text_of(raw)
        yield LogLine(text, time_of(text))


def _packed(container: str, path: str, count: int) -> bytes:
    """The end of a file as the engine packs it, for images without tools and for what is down."""
    with engine_with(container, _SECONDS) as client:
        chunks, about = client.api.get_archive(container, path)
        if int(about["size"]) > _PACKED_MOST:
            raise HostError(
                f"{path} has {about['size']} bytes, too many to be read without `tail`.",
                "Rotate it, or put `tail` into the image.",
            )
        stream: IO[bytes] = _Chunks(chunks)  # type: ignore[assignment]  # tarfile only reads
        with tarfile.open(fileobj=stream, mode="r|") as tar:
            entry = tar.next()
            content = tar.extractfile(entry) if entry else None
            return _end_of(content, count) if content else b""


def _end_of(content: IO[bytes], count: int) -> bytes:
    kept = b""
    while chunk := content.read(1024 * 1024):
        kept = (kept + chunk)[-count:]
    return kept


class _Chunks:
    """An iterator of chunks as a file that tarfile reads in order."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._left = b""

    def read(self, size: int = -1) -> bytes:
        while len(self._left) < size:
            chunk = next(self._chunks, b"")
            if not chunk:
                break
            self._left += chunk
        given, self._left = self._left[:size], self._left[size:]
        return given
