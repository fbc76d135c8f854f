"""A container beside a service's own: it has the same mounts, and is gone when its work is done.

Archives go in and out of it without its ever being started, so that neither the service's image
needs a tool nor its container is locked while a long archive is read. Where a tool is needed it
runs as the helper's only process.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests
from docker import DockerClient
from docker.errors import APIError, NotFound
from docker.types import LogConfig, Mount

from playbooks.errors import HostError
from playbooks.hosts.containers.container import ContainerId, host_of
from playbooks.hosts.containers.frames import Output
from playbooks.hosts.docker import engine
from playbooks.hosts.tool import failed, kind_of
from playbooks.model.hosts import LOCAL, Host, LocalHost

RUN_LABEL = "interlock.run"
PURPOSE_LABEL = "interlock.purpose"
_READ_BYTES = 1024 * 1024
_KEPT_LINES = 20
_NO_LIMIT = 24 * 3600.0
_BRIEF_SECONDS = 60.0
_END_SECONDS = 10.0
_TICK = 0.05
# A container cannot be made without a command, also where it only carries archives.
_NEVER_STARTED = "true"
# A tmpfs is not shared, and there is nothing in it that outlives its container.
_SHARED = frozenset({"volume", "bind"})


@dataclass(frozen=True)
class HelperOrder:
    """What a helper is made like. `container` lends its mounts and its image, running or not.

    `run` and `purpose` together name the helper: one that an earlier attempt left is ended first.
    `argv` is what `Helper.tool` runs; without it the helper only carries archives. `entrypoint`
    replaces the image's own, which None keeps. `image` is used instead of the container's own
    (same digest). `user` is the image's own where it is empty. With `read_only` nothing of the
    service can be changed. `only` is the mount point of the one mount that is lent, without which
    all are; if that is a folder of the host which is gone, it is made for a helper that may write.
    `binds` are further folders of this host by folder of the helper.
    """

    container: str
    run: str
    purpose: str
    argv: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str = ""
    image: str = ""
    read_only: bool = False
    only: str = ""
    memory_bytes: int | None = None
    binds: Mapping[str, Path] = field(default_factory=dict)


class Helper:
    """A helper that has been made and not been started."""

    def __init__(self, client: DockerClient, container: str) -> None:
        self._client = client
        self.id = container

    def take(self, path: str) -> Iterator[bytes]:
        """A tar of the file or folder `path`, in pieces. `FOLDER/.` names its entries from there.

        A tar that ends without its two blocks of zeros is cut: the engine ends it so, without a
        word, when a file vanishes or shrinks while it is read. Raises HostError.
        """
        with _explained(f"{path} could not be read"):
            pieces, _ = self._client.api.get_archive(self.id, path, chunk_size=_READ_BYTES)
            yield from pieces

    def put(self, folder: str, tar: Iterable[bytes]) -> None:
        """Unpacks a tar into the folder, which is there already; owners, modes and times are the
        tar's. What fails halfway leaves what was unpacked so far. Raises HostError, NoSpace."""
        with _explained(f"{folder} could not be filled"):
            self._client.api.put_archive(self.id, folder, iter(tar))

    def tool(self) -> "HelperTool":
        """Starts what was ordered. Enter it as a context: leaving it ends it."""
        return HelperTool(self._client, self.id)


class HelperTool:
    """A helper's process, as a `RunningTool`. Its exit code is that of the container."""

    def __init__(self, client: DockerClient, container: str) -> None:
        self._client, self._container = client, container
        self._complaints: deque[str] = deque(maxlen=_KEPT_LINES)
        with _explained("a helper could not be started"):
            answer = _attached(client, container)
            self._output = Output(answer, self._complaints.append)
            client.api.start(container)

    def chunks(self) -> Iterator[bytes]:
        """What it writes to stdout, as it comes; now and then nothing, while it is silent."""
        return self._output.chunks()

    def wait(self, each: Callable[[], None], every_seconds: float) -> None:
        """Waits for its end, calling `each` meanwhile; what `each` raises goes through."""
        self._output.wait(each, every_seconds)

    def ended(self) -> bool:
        """Whether it runs no more. Raises HostError."""
        with _explained("nothing is known of a helper any more"):
            return not self._state()["Running"]

    def finish(self) -> None:
        """Waits for the end. Raises HostError, or NoSpace, unless it ended with 0."""
        self._output.join()
        code = self._exit_code()
        if code != 0:
            raise failed(f"A helper container ended with {code}", self._complaints)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._output.leave()
        _ended(self._client, self._container)
        self._output.close()

    def _exit_code(self) -> int:
        deadline = time.monotonic() + _END_SECONDS
        with _explained("nothing is known of a helper any more"):
            while (seen := self._state())["Running"]:
                if time.monotonic() > deadline:
                    raise HostError("A helper closed its output and has not ended.")
                time.sleep(_TICK)
        return int(seen["ExitCode"])

    def _state(self) -> Mapping[str, Any]:
        state: Mapping[str, Any] = self._client.api.inspect_container(self._container)["State"]
        return state


@contextmanager
def helper(order: HelperOrder) -> Iterator[Helper]:
    """A helper with the mounts of a service's container and no network; gone in every ending.

    Raises HostError, also when the container or its image is not there any more, and when a folder
    of this host is to be bound on another.
    """
    on = host_of(order.container)
    if order.binds and not isinstance(on, LocalHost):
        raise HostError(
            f"{', '.join(map(str, order.binds.values()))} is on this host, and a helper on "
            f"{on.title} cannot see it.",
            "Run Interlock on that host for this.",
        )
    with engine(_NO_LIMIT, on) as client:
        _remove(client, {RUN_LABEL: order.run, PURPOSE_LABEL: order.purpose})
        made = ContainerId(_made(client, order), on)
        try:
            yield Helper(client, made)
        finally:
            _remove_one(client, made)


def output_of(order: HelperOrder) -> bytes:
    """All that a short tool writes to stdout. Raises HostError unless it ends with 0."""
    with helper(order) as made, made.tool() as tool:
        output = b"".join(tool.chunks())
        tool.finish()
    return output


def clear(run: str, on: Host = LOCAL) -> int:
    """Ends and removes all helpers of a run on a host; how many there were. Raises HostError."""
    with engine(_BRIEF_SECONDS, on) as client:
        return _remove(client, {RUN_LABEL: run})


def sweep(run: str, older_than_seconds: float, on: Host = LOCAL) -> int:
    """Removes helpers of a name that many share, once nobody can need them any more; how many
    there were. Raises HostError."""
    before = time.time() - older_than_seconds
    with engine(_BRIEF_SECONDS, on) as client:
        found = _found(client, {RUN_LABEL: run})
        old = [each["Id"] for each in found if each["Created"] < before]
        for each in old:
            _remove_one(client, each)
    return len(old)


def helpers(on: Host = LOCAL) -> Mapping[str, str]:
    """The run of every helper there is on a host, by container id. Raises HostError."""
    with engine(on=on) as client:
        found = client.api.containers(all=True, filters={"label": [RUN_LABEL, PURPOSE_LABEL]})
    return {each["Id"]: each["Labels"][RUN_LABEL] for each in found}


def _made(client: DockerClient, order: HelperOrder) -> str:
    api = client.api
    with _explained("a helper could not be made"):
        lender = api.inspect_container(order.container)
        lent = [each for each in lender["Mounts"] if _is_lent(each, order.only)]
        made_if_gone = [each for each in lent if _may_be_made(each, order)]
        made = api.create_container(
            image=order.image or lender["Image"],
            command=list(order.argv) or [_NEVER_STARTED],
            entrypoint=None if order.entrypoint is None else list(order.entrypoint),
            environment=dict(order.environment),
            user=order.user or None,
            labels={RUN_LABEL: order.run, PURPOSE_LABEL: order.purpose},
            network_disabled=True,
            healthcheck={"test": ["NONE"]},
            host_config=api.create_host_config(
                network_mode="none",
                log_config=LogConfig(type="none"),
                mem_limit=order.memory_bytes,
                # The engine makes the folder of a bind, and refuses a mount without it.
                binds=[f"{each['Source']}:{each['Destination']}" for each in made_if_gone],
                mounts=[
                    *_mounts(
                        [each for each in lent if each not in made_if_gone],
                        read_only=order.read_only,
                    ),
                    *(Mount(to, str(path), type="bind") for to, path in order.binds.items()),
                ],
            ),
        )
    return str(made["Id"])


def _mounts(lent: Iterable[Mapping[str, Any]], *, read_only: bool) -> list[Mount]:
    """By name, so that removing the helper never takes an unnamed volume of the service along."""
    return [
        Mount(
            target=each["Destination"],
            source=each.get("Name") or each["Source"],
            type=each["Type"],
            read_only=read_only,
            no_copy=each["Type"] == "volume",
        )
        for each in lent
    ]


def _is_lent(mount: Mapping[str, Any], only: str) -> bool:
    return mount["Type"] in _SHARED and (not only or mount["Destination"].rstrip("/") == only)


def _may_be_made(mount: Mapping[str, Any], order: HelperOrder) -> bool:
    return bool(order.only) and not order.read_only and mount["Type"] == "bind"


def _attached(client: DockerClient, container: str) -> requests.Response:
    """The stream of a container's output, without the upgrade that Docker's own clients ask for:
    so no byte can be lost between the answer's head and its body."""
    api = client.api
    answer = api.post(
        f"{api.base_url}/v{api.api_version}/containers/{container}/attach",
        params={"stream": 1, "stdout": 1, "stderr": 1},
        stream=True,
        timeout=(_END_SECONDS, None),
    )
    answer.raise_for_status()
    return answer


def _remove(client: DockerClient, labels: Mapping[str, str]) -> int:
    found = _found(client, labels)
    for each in found:
        _remove_one(client, each["Id"])
    return len(found)


def _found(client: DockerClient, labels: Mapping[str, str]) -> list[dict[str, Any]]:
    wanted = [PURPOSE_LABEL, *(f"{name}={value}" for name, value in labels.items())]
    found: list[dict[str, Any]] = client.api.containers(all=True, filters={"label": wanted})
    return found


def _remove_one(client: DockerClient, container: str) -> None:
    """With the unnamed volumes that its image declares and nobody else mounts. Gone afterwards, too
    where somebody else is at it already."""
    with suppress(NotFound):
        try:
            client.api.remove_container(container, force=True, v=True)
        except APIError as error:
            if error.status_code != HTTPStatus.CONFLICT:
                raise
            client.api.wait(container, timeout=int(_BRIEF_SECONDS), condition="removed")


def _ended(client: DockerClient, container: str) -> None:
    try:
        client.api.kill(container)
    except APIError:  # it has ended by itself, which is the rule
        return


@contextmanager
def _explained(what: str) -> Iterator[None]:
    try:
        yield
    except APIError as error:
        said = str(error.explanation or error).strip().rstrip(".")
        raise kind_of(said)(f"{what[0].upper()}{what[1:]}: {said}.") from error
