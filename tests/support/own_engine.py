"""A Docker Engine of a test's own, which may be killed and started again."""

import os
import shutil
import signal
import subprocess
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.bot import wait_until
from tests.support.docker import require_docker

_START_SECONDS = 60


@dataclass
class OwnEngine:
    """A dockerd beside this machine's own, with images, containers and networks of its own.

    Its containers reach each other, and nobody else.
    """

    folder: Path
    network: str
    live_restore: bool
    _process: subprocess.Popen[bytes] | None = None
    _threads: list[threading.Thread] = field(default_factory=list)

    @property
    def host(self) -> str:
        """For DOCKER_HOST."""
        return f"unix://{self.folder}/docker.sock"

    def start(self) -> None:
        """Returns when it answers. One that gives up, as where its containerd takes its time, is
        started once more, as systemd does."""
        self._spawn()
        wait_until(self._answers, f"the engine at {self.host}", _START_SECONDS)

    def _spawn(self) -> None:
        (self.folder / "dockerd.pid").unlink(missing_ok=True)
        options = [
            *("--data-root", f"{self.folder}/data", "--exec-root", f"{self.folder}/exec"),
            *("--pidfile", f"{self.folder}/dockerd.pid", "--host", self.host),
            *("--config-file", f"{self.folder}/daemon.json"),
            *("--iptables=false", "--ip6tables=false", "--ip-masq=false", "--ip-forward=false"),
            f"--live-restore={str(self.live_restore).lower()}",
        ]
        with (self.folder / "dockerd.log").open("ab") as log:
            self._process = subprocess.Popen(
                ["nsenter", f"--net=/run/netns/{self.network}", "dockerd", *options],
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def end(self, how: signal.Signals) -> None:
        """The daemon alone is told; returns when it has ended."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(60)
            self._process = None

    def restart(self, how: signal.Signals, after_seconds: float) -> None:
        """Ends now, and is started again after so many seconds, by itself."""
        self.end(how)
        again = threading.Timer(after_seconds, self.start)
        again.start()
        self._threads.append(again)

    def settle(self) -> None:
        """Waits until it is started again."""
        for thread in self._threads:
            thread.join()

    def load(self, *images: str) -> None:
        """Images of this machine's own engine come into this one."""
        self.docker("image", "load", "--quiet", given=_here("image", "save", *images))

    def docker(self, *words: str, given: bytes = b"") -> str:
        """What `docker WORDS` says there."""
        argv = ["docker", "--host", self.host, *words]
        done = subprocess.run(argv, input=given, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    def _answers(self) -> bool:
        if self._process is not None and self._process.poll() is not None:
            self._spawn()
        argv = ["docker", "--host", self.host, "info", "--format", "{{.ID}}"]
        return subprocess.run(argv, capture_output=True, check=False).returncode == 0


@contextmanager
def _own_network() -> Iterator[str]:
    """A network namespace, where an engine may make and remove what it likes: ended in peace and
    started again, even one with a bridge of its own removes the `docker0` it sees. Its name."""
    name = f"interlock-{uuid.uuid4().hex[:8]}"
    _ip("netns", "add", name)
    try:
        _ip("-n", name, "link", "set", "lo", "up")
        yield name
    finally:
        _ip("netns", "delete", name)


@contextmanager
def own_engine(folder: Path, *, live_restore: bool = True) -> Iterator[OwnEngine]:
    """An engine that is empty; ended, with its containers, networks and files, afterwards. Where
    none can be had the test is skipped with the reason, or fails in CI."""
    require_docker()
    if shutil.which("dockerd") is None or os.geteuid() != 0:
        why = "an engine of its own needs dockerd and root"
        (pytest.fail if os.environ.get("CI", "").lower() in {"1", "true"} else pytest.skip)(why)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "daemon.json").write_text("{}")
    with _own_network() as network:
        engine = OwnEngine(folder, network, live_restore)
        try:
            engine.start()
            yield engine
        finally:
            engine.settle()
            try:
                _clear(engine)
            finally:
                engine.end(signal.SIGTERM)
        # It leaves its folder mounted on itself.
        subprocess.run(["umount", "--lazy", folder / "data"], check=False, capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)


def _clear(engine: OwnEngine) -> None:
    """Its containers would outlive it, its networks' bridges, too."""
    if containers := engine.docker("ps", "--all", "--quiet").split():
        engine.docker("rm", "--force", *containers)
    engine.docker("network", "prune", "--force")


def _here(*words: str) -> bytes:
    """What this machine's own engine says to `docker WORDS`."""
    own = {name: value for name, value in os.environ.items() if name != "DOCKER_HOST"}
    return subprocess.run(["docker", *words], env=own, capture_output=True, check=True).stdout


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], capture_output=True, check=True)
