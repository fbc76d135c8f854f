"""A service of a compose project: its containers, started, stopped and read."""

import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime

from playbooks.errors import HostError, OutcomeUnknown
from playbooks.hosts import compose as plugin
from playbooks.hosts.containers.container import Container
from playbooks.hosts.docker import containers_of, engine_with
from playbooks.hosts.logs.tail import Tail
from playbooks.model.compose import Compose

_SETTLE_SECONDS = 0.4
_TICK = 0.1
_COME_BACK_SECONDS = 30.0
_SEARCHED_LINES = 100_000
_LONGEST_LINE = 4000
_LAST_WORDS = 5
_LOG_SECONDS = 30.0


@dataclass(frozen=True)
class ComposedService:
    """`name` is the service's name in the compose files."""

    compose: Compose
    name: str

    def containers(self) -> tuple[Container, ...]:
        """Its containers, stopped ones too. Raises HostError, also when no file describes it."""
        found = containers_of(self.compose.project, self.name, self.compose.host)
        if not found:
            known = plugin.images_of(self.compose)
            if self.name not in known:
                raise HostError(
                    f"The compose files of {self.compose.project} have no service {self.name!r}; "
                    f"they have: {', '.join(known) or 'none'}.",
                    "Name it as `container` of the service in the stack file.",
                )
        return found

    def start(self) -> tuple[Container, ...]:
        """Starts it unless it runs. Raises HostError with the end of its log when it ends."""
        seen = self.containers()
        if seen and all(container.status == "running" for container in seen):
            return seen
        with nullcontext() if seen else plugin.alone(self.compose):
            self._run(plugin.start_argv(self.compose, self.name))
        settled = time.monotonic() + _SETTLE_SECONDS
        while True:
            seen = self.containers()
            ended = [container for container in seen if container.status != "running"]
            if ended or not seen:
                raise HostError(f"{self.name} ended at once. {self._last_words()}")
            if time.monotonic() > settled:
                return seen
            time.sleep(_TICK)

    def create(self) -> tuple[Container, ...]:
        """Makes its containers where they are not there, and starts none. Raises HostError."""
        if not self.containers():
            with plugin.alone(self.compose):
                self._run(plugin.create_argv(self.compose, self.name))
        return self.containers()

    def stop(self, seconds: float | None) -> None:
        """Stops all its containers. Raises HostError when one of them still runs."""
        if not any(container.up for container in self.containers()):
            return
        try:
            self._run(plugin.stop_argv(self.compose, self.name, seconds))
        except OutcomeUnknown as error:
            self._await_down(error)
        left = [container.name for container in self.containers() if container.up]
        if left:
            raise HostError(f"{', '.join(left)} did not stop.", "Look at it on the host.")

    def logs(self, lines: int, since: datetime | None, grep: str) -> Tail:
        """The last lines that fit; of several containers each line opens with the name."""
        containers = self.containers()
        kept: deque[str] = deque(maxlen=lines + 1)
        for container in containers:
            opening = f"{container.name}: " if len(containers) > 1 else ""
            searched = _SEARCHED_LINES if grep or since else lines + 1
            for line in _lines(_written(container.id, searched, since)):
                if grep.lower() in line.lower():
                    kept.append(f"{opening}{line}")
        shown = tuple(kept)[-lines:] if lines else ()
        return Tail(shown, more=len(kept) > lines, timed=True)

    def _await_down(self, cut: OutcomeUnknown) -> None:
        """The engine goes on with what it was asked for: it is looked at until nothing runs any
        more. Raises `cut` when that does not come, or the host does not come back to say so."""
        deadline = time.monotonic() + _COME_BACK_SECONDS
        while time.monotonic() < deadline:
            with suppress(HostError, OutcomeUnknown):
                if not any(container.up for container in self.containers()):
                    return
            time.sleep(_SETTLE_SECONDS)
        raise cut

    def _run(self, argv: tuple[str, ...]) -> None:
        plugin.run(argv, on=self.compose.host)

    def _last_words(self) -> str:
        said = self.logs(_LAST_WORDS, None, "").lines
        return f"Its log ends: {' | '.join(said)}" if said else "Its log is empty."


def _written(container: str, lines: int, since: datetime | None) -> Iterator[bytes]:
    with engine_with(container, _LOG_SECONDS) as client:
        yield from client.api.logs(
            container,
            stdout=True,
            stderr=True,
            stream=True,
            follow=False,
            tail=lines,
            since=since.timestamp() if since else None,
        )


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """Lines without their ends; one that is too long is cut, with a mark that says so."""
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        yield from (_text(line) for line in whole)
    if rest:
        yield _text(rest)


def _text(line: bytes) -> str:
    text = line[:_LONGEST_LINE].decode(errors="replace").rstrip("\r")
    left_out = len(line) - _LONGEST_LINE
    return f"{text} … ({left_out} more bytes)" if left_out > 0 else text
