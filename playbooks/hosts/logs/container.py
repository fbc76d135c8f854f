"""What containers of a compose service write, as the engine keeps it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from playbooks.errors import HostError
from playbooks.hosts.colours.live import compose_now
from playbooks.hosts.compose_config import rotates
from playbooks.hosts.composed import ComposedService
from playbooks.hosts.docker import engine_with
from playbooks.hosts.logs.container_file import ContainerFileLog, files_in
from playbooks.hosts.logs.lines import Fresh, LogLine, lines_in, text_of
from playbooks.lines.masks import LineMask, secret_values
from playbooks.model.base import JsonObject
from playbooks.model.logged import Kept
from playbooks.model.stack import Stack

_SECONDS = 30.0


@dataclass(frozen=True)
class ContainerLog:
    """A `LogSource`, which knows the values of the containers' secret variables."""

    service: ComposedService

    def mask(self) -> LineMask:
        return LineMask([each for id_, _ in self.parts() for each in _secrets_of(id_)])

    def newest(self, lines: int, since: datetime | None) -> Iterator[LogLine]:
        for container, part in self.parts():
            for _, line in _read(container, part, tail=lines, since=since):
                yield line

    def fresh(self, cursor: JsonObject, most: int) -> Fresh:
        """The cursor holds, by container, the engine's time of the last line. A container that was
        made since then is read from its beginning."""
        found: list[LogLine] = []
        known = {str(name): str(stamp) for name, stamp in cursor.items()}
        reached = {}
        for container, part in self.parts():
            if not cursor:
                reached[str(container)] = _newest_stamp(container)
                continue
            last = known.get(container, "")
            for stamp, line in _after(container, part, last, most):
                found.append(line)
                last = max(last, stamp)
            reached[str(container)] = last
        found.sort(key=lambda line: line.at or datetime.min.replace(tzinfo=UTC))
        return Fresh(tuple(found[-most:]), reached)

    def parts(self) -> list[tuple[str, str]]:
        """The ids of the containers, with a name for each where there are several."""
        seen = self.service.containers()
        return [(each.id, each.name if len(seen) > 1 else "") for each in seen]


def _after(container: str, part: str, last: str, most: int) -> Iterator[tuple[str, LogLine]]:
    since = _moment(last) if last else None
    lines = _read(container, part, tail=most, since=since)
    return ((stamp, line) for stamp, line in lines if stamp > last)


def _newest_stamp(container: str) -> str:
    """The time of the newest line, so that what follows is new."""
    newest = list(_read(container, "", tail=1, since=None))
    return newest[-1][0] if newest else ""


def _read(
    container: str, part: str, *, tail: int, since: datetime | None
) -> Iterator[tuple[str, LogLine]]:
    """Lines with the engine's own time of each, which sorts as text."""
    with engine_with(container, _SECONDS) as client:
        chunks = client.api.logs(
            container,
            stdout=True,
            stderr=True,
            stream=True,
            follow=False,
            timestamps=True,
            tail=tail,
            since=since.timestamp() if since else None,
        )
        for raw in lines_in(chunks):
            stamp, _, rest = raw.partition(b" ")
            text = stamp.decode(errors="replace")
            yield text, LogLine(text_of(rest), _moment(text), part)


def secrets_in(seen: Mapping[str, Any]) -> tuple[str, ...]:
    """What the variables that a container was made with hold of secrets, from its inspection."""
    pairs = (each.partition("=") for each in seen["Config"].get("Env") or ())
    return secret_values({name: value for name, _, value in pairs})


def _secrets_of(container: str) -> tuple[str, ...]:
    with engine_with(container) as client:
        return secrets_in(client.api.inspect_container(container))


def _moment(stamp: str) -> datetime | None:
    """Docker's nanoseconds, cut to microseconds."""
    try:
        return datetime.fromisoformat(f"{stamp[:26].rstrip('Z')}+00:00")
    except ValueError:
        return None


def container_log(stack: Stack, service: str) -> ContainerLog:
    """What the containers of a service write."""
    return ContainerLog(composed(stack, service))


def container_file_log(stack: Stack, service: str, path: str) -> ContainerFileLog:
    """A log file inside that service's container."""
    return ContainerFileLog(composed(stack, service), path)


def files_of(stack: Stack, service: str, folder: str) -> list[tuple[str, int | None]]:
    """Names and sizes of the files in a folder of the service's container. Raises HostError."""
    return list(files_in(composed(stack, service), folder))


def kept_by_engine(stack: Stack, service: str) -> tuple[Kept, ...]:
    """How the output of the service's containers is kept. Raises HostError."""
    kept = []
    for container, _ in ContainerLog(composed(stack, service)).parts():
        with engine_with(container) as client:
            kept.append(_kept(client.api.inspect_container(container)))
    return tuple(kept)


def secret_values_of(stack: Stack, service: str) -> list[str]:
    """What the service's containers hold of secrets in their variables. Raises HostError."""
    parts = ContainerLog(composed(stack, service)).parts()
    return [value for container, _ in parts for value in _secrets_of(container)]


def composed(stack: Stack, service: str) -> ComposedService:
    """The compose service that runs a service of the stack. Raises HostError where none does."""
    compose, container = compose_now(stack, service), stack.container_of(service)
    if compose is None or container is None:
        raise HostError(f"{stack.name}/{service} has no container.", "Look at its stack file.")
    return ComposedService(compose, container)


def _kept(about: Mapping[str, Any]) -> Kept:
    settings = about["HostConfig"].get("LogConfig") or {}
    driver, options = settings.get("Type") or "", dict(settings.get("Config") or {})
    return Kept(
        container=about["Name"].lstrip("/"),
        driver=driver,
        options=options,
        rotates=rotates(driver, options),
        bytes=_on_disk(about.get("LogPath") or ""),
    )


def _on_disk(path: str) -> int | None:
    """The log's file with those that were rotated away; None where they cannot be seen."""
    file = Path(path)
    try:
        if not path or not file.is_file():
            return None
        return sum(each.stat().st_size for each in file.parent.glob(f"{file.name}*"))
    except OSError:
        return None
