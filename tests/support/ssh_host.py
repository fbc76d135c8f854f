"""A host as people run it: systemd, sshd, nginx and sudo, in a container; `ops` logs in by key."""

import json
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncssh

from tests.images.build import image
from tests.support.docker import require_docker

USER = "ops"
ENGINE_SOCKET = "/srv/engine.sock"
_SECONDS = 120.0
_TICK = 0.1
_AS_A_HOST = (
    *("--cap-add", "SYS_ADMIN", "--security-opt", "seccomp=unconfined"),
    *("--tmpfs", "/run", "--tmpfs", "/run/lock"),
    *("--volume", "/sys/fs/cgroup:/sys/fs/cgroup:rw", "--cgroupns=host"),
)
_HERE = ("--publish", "127.0.0.1::22", "--publish", "127.0.0.1::80")


@dataclass(frozen=True)
class SshHost:
    """A running host. `port` and `web` are where this machine reaches its sshd and its nginx.

    `key` is the file of the private key that logs in as ops, `host_key` the host's public key as
    known_hosts has it, without the name.
    """

    container: str
    port: int
    web: int
    key: Path
    host_key: str
    address: str = "127.0.0.1"

    @property
    def url(self) -> str:
        return f"ssh://{USER}@{self.address}:{self.port}"

    def described(self, **changes: object) -> dict[str, object]:
        """The host as `hosts.NAME` of a stack file."""
        return {
            "kind": "ssh",
            "address": self.address,
            "port": self.port,
            "user": USER,
            "key": f"file:{self.key}",
            "host_key": self.host_key,
            **changes,
        }

    def does(self, *argv: str) -> str:
        """What a command says that root runs in it; it has to succeed."""
        return _said("exec", self.container, *argv)

    def write(self, path: str, text: str) -> None:
        """Makes a file of root's in it."""
        argv = ["docker", "exec", "--interactive", self.container, "tee", "--", path]
        subprocess.run(argv, input=text, text=True, check=True, stdout=subprocess.DEVNULL)

    def publishes(self, port: int, container: str, inside: int) -> None:
        """What the engine publishes on this machine's loopback is on the host's own, too, as where
        the engine is the host's: this port leads to the port inside the container."""
        seen = json.loads(_said("inspect", container))[0]["NetworkSettings"]["Networks"]
        [(network, joined)] = seen.items()
        _said("network", "connect", network, self.container)
        listen = ("systemd-socket-activate", "--listen", f"127.0.0.1:{port}")
        proxy = ("/lib/systemd/systemd-socket-proxyd", f"{joined['IPAddress']}:{inside}")
        _said("exec", "--detach", self.container, *listen, *proxy)

    def cut(self) -> None:
        """Ends every ssh session at once; sshd goes on listening."""
        self.does("pkill", "--signal", "KILL", "--full", "^sshd-session: ")

    def away(self) -> None:
        """Its sshd and every session stand still, as if the network were gone, until `back`."""
        self.does("pkill", "--signal", "STOP", "--full", "^sshd")

    def back(self) -> None:
        self.does("pkill", "--signal", "CONT", "--full", "^sshd")


@contextmanager
def ssh_host(folder: Path, *, engine: bool = False) -> Iterator[SshHost]:
    """A host that has booted, gone afterwards; its keys are made in `folder`.

    With `engine` this machine's Docker Engine is the host's own, at `ENGINE_SOCKET`.
    """
    require_docker()
    key = folder / f"ops-{uuid.uuid4().hex[:6]}"
    made = asyncssh.generate_private_key("ssh-ed25519", comment="")
    made.write_private_key(key)
    public = made.export_public_key().decode().strip()
    given = ("--env", f"AUTHORIZED_KEY={public}", *(_engine() if engine else ()))
    name = f"interlock-host-{uuid.uuid4().hex[:8]}"
    options = ("--detach", "--name", name, *_AS_A_HOST, *_HERE, *given)
    container = _said("run", *options, image("systemd"), "/sbin/init").strip()
    try:
        _wait(lambda: _booted(container), "the host to boot")
        host_key = _said("exec", container, "cat", "/etc/ssh/ssh_host_ed25519_key.pub")
        yield SshHost(
            container=container,
            port=_published(container, 22),
            web=_published(container, 80),
            key=key,
            host_key=" ".join(host_key.split()[:2]),
        )
    finally:
        subprocess.run(
            ["docker", "rm", "--force", "--volumes", container], capture_output=True, check=False
        )


def _engine() -> tuple[str, ...]:
    socket = Path("/var/run/docker.sock")
    group = socket.stat().st_gid
    return ("--volume", f"{socket}:{ENGINE_SOCKET}", "--env", f"DOCKER_GID={group}")


def _booted(container: str) -> bool:
    """A unit that failed does not matter here, a boot that goes on does."""
    argv = ["docker", "exec", container, "systemctl", "is-system-running"]
    said = subprocess.run(argv, capture_output=True, text=True, check=False).stdout.strip()
    return said in {"running", "degraded"}


def _published(container: str, port: int) -> int:
    return int(_said("port", container, f"{port}/tcp").splitlines()[0].rpartition(":")[2])


def _said(*words: str) -> str:
    done = subprocess.run(["docker", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _wait(ready: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _SECONDS
    while not ready():
        assert time.monotonic() < deadline, f"waited {_SECONDS:g} s for {what}"
        time.sleep(_TICK)
