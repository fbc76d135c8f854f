"""Runs a tool inside a container, streams what it writes, and never leaves it behind."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

import requests
from docker import DockerClient
from docker.errors import DockerException

from playbooks.errors import HostError
from playbooks.hosts.containers.frames import Output
from playbooks.hosts.docker import engine_with
from playbooks.hosts.tool import failed

_KEPT_LINES = 20
_END_SECONDS = 5.0
_TICK = 0.05
# The first line on stderr is the tool's own process id: the API can start a tool but not end it.
_NAMED = 'printf "%s\\n" "$$" >&2; exec "$@"'
_NO_LIMIT = 24 * 3600.0


class ContainerTool:
    """A tool running in a container, as a `RunningTool`. Leaving the context ends it.

    The stream is read without the upgrade that Docker's own clients ask for, so that no byte can
    be lost between the answer's head and its body.
    """

    def __init__(
        self,
        container: str,
        argv: Sequence[str],
        environment: Mapping[str, str],
        user: str = "",
    ) -> None:
        self._name, self._container = argv[0], container
        self._complaints: deque[str] = deque(maxlen=_KEPT_LINES)
        self._pid = ""
        with ExitStack() as opening:
            self._client: DockerClient = opening.enter_context(engine_with(container, _NO_LIMIT))
            self._exec = _created(self._client, container, argv, environment, user)
            self._output = Output(_started(self._client, self._exec), self._heard)
            self._resources = opening.pop_all()

    def chunks(self) -> Iterator[bytes]:
        """What the tool writes to stdout, as it comes; now and then nothing, while it is silent."""
        return self._output.chunks()

    def wait(self, each: Callable[[], None], every_seconds: float) -> None:
        """Waits for the tool to end, calling `each` meanwhile; what `each` raises goes through."""
        self._output.wait(each, every_seconds)

    def finish(self) -> None:
        """Waits for the end. Raises HostError, or NoSpace, unless the tool ended with 0."""
        self._output.join()
        code = self._exit_code()
        if code != 0:
            what = f"{self._name} in {self._container[:12]} ended with {code}"
            raise failed(what, self._complaints)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._output.leave()
        with self._resources:
            if self._runs():
                self._end()
            self._output.close()

    def _exit_code(self) -> int:
        deadline = time.monotonic() + _END_SECONDS
        while (seen := self._inspected())["Running"]:
            if time.monotonic() > deadline:
                raise HostError(f"{self._name} closed its output and has not ended.")
            time.sleep(_TICK)
        code = seen["ExitCode"]
        if code is None:
            raise HostError(f"{self._name} never started in {self._container[:12]}.")
        return int(code)

    def _inspected(self) -> Mapping[str, Any]:
        try:
            return self._client.api.exec_inspect(self._exec)
        except (DockerException, requests.RequestException) as error:
            raise HostError(
                f"Nothing is known of {self._name} in {self._container[:12]} any more: {error}."
            ) from error

    def _runs(self) -> bool:
        try:
            return bool(self._inspected()["Running"])
        except HostError:
            return False

    def _end(self) -> None:
        """Asks the tool to end, then makes it end."""
        for signal in ("TERM", "KILL"):
            if self._pid:
                kill = ["sh", "-c", 'kill "$@"', "sh", f"-{signal}", self._pid]
                order = self._client.api.exec_create(self._container, kill)
                self._client.api.exec_start(order["Id"])
            deadline = time.monotonic() + _END_SECONDS
            while self._runs() and time.monotonic() < deadline:
                time.sleep(_TICK)

    def _heard(self, line: str) -> None:
        if self._pid:
            self._complaints.append(line)
        else:
            self._pid = line


def output_in(
    container: str, argv: Sequence[str], environment: Mapping[str, str], user: str = ""
) -> bytes:
    """All that a short tool writes to stdout. Raises HostError unless it ended with 0."""
    with ContainerTool(container, argv, environment, user) as tool:
        output = b"".join(tool.chunks())
        tool.finish()
    return output


def _created(
    client: DockerClient,
    container: str,
    argv: Sequence[str],
    environment: Mapping[str, str],
    user: str,
) -> str:
    order = client.api.exec_create(
        container, ["sh", "-c", _NAMED, "sh", *argv], environment=dict(environment), user=user
    )
    return str(order["Id"])


def _started(client: DockerClient, order: str) -> requests.Response:
    api = client.api
    answer = api.post(
        f"{api.base_url}/v{api.api_version}/exec/{order}/start",
        json={"Detach": False, "Tty": False},
        stream=True,
        timeout=(_END_SECONDS, None),
    )
    answer.raise_for_status()
    return answer
