"""Another host: a Docker Engine that has nothing of the first one's but images."""

import os
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from tests.support.docker import Project, require_docker
from tests.support.holdings import Holding
from tests.support.systems import System, bot_of

_SECONDS = 30.0
_TICK = 0.1
# Networks of the first engine are elsewhere; its rules for packets are left alone.
_APART = (
    *("--iptables=false", "--ip6tables=false"),
    *("--default-address-pool", "base=10.203.0.0/16,size=24"),
)


@contextmanager
def second_engine() -> Iterator[str]:
    """Its address, as DOCKER_HOST has it; gone afterwards with all that it held."""
    require_docker()
    if shutil.which("dockerd") is None or os.geteuid() != 0:
        _cannot("a second Docker Engine needs dockerd and root")
    # A socket's path may not be long.
    folder = Path(tempfile.mkdtemp(prefix="interlock-engine-"))
    address = f"unix://{folder}/docker.sock"
    places = ("--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec")
    argv = ["dockerd", *places, "--pidfile", f"{folder}/pid", "--host", address, *_APART]
    with _own_bridge("10.202.239.0/24") as bridge:
        with (folder / "log").open("w") as log:
            running = subprocess.Popen([*argv, "--bridge", bridge], stdout=log, stderr=log)
        try:
            _wait(lambda: _answers(address), folder / "log")
            yield address
        finally:
            running.terminate()
            running.wait(30)
            shutil.rmtree(folder)


@contextmanager
def _own_bridge(subnet: str) -> Iterator[str]:
    """A bridge for an engine beside this machine's own, which makes it: told to have none, the new
    one would remove the other's `docker0`. Its name."""
    bridge = f"ilk{uuid.uuid4().hex[:8]}"
    named = ("--opt", f"com.docker.network.bridge.name={bridge}", "--subnet", subnet)
    _docker("network", "create", *named, bridge)
    try:
        yield bridge
    finally:
        _docker("network", "rm", bridge)


def recovers_elsewhere(
    system: System,
    what: str,
    holdings: Callable[[Project], Sequence[Holding]],
    environment: Mapping[str, str],
    voters: Sequence[str] = (),
) -> None:
    """Backs the set up with a copy off site, and loses the host: its containers, volumes and
    backups, and the bot with its memory. Another host, which has the stack file, the compose file
    and its variables, recovers with one request from the copy alone; the contents are compared."""
    lost = system.project
    off_site = lost.folder.with_name(f"{lost.folder.name}-off-site")
    _copies_to(lost, off_site)
    system.bot.kill()
    system.bot.start()
    whole = {holding.name: holding.content() for holding in holdings(lost)}
    system.does(f"backup {system.name} {what}", *voters)
    system.bot.kill()
    lost.compose("down", "--volumes", "--timeout", "5")
    shutil.rmtree(lost.folder / "backups")
    made = _elsewhere(lost)
    with second_engine() as address, pytest.MonkeyPatch.context() as patch:
        _bring_images(made, address)
        patch.setenv("DOCKER_HOST", address)
        try:
            with bot_of(made, environment) as bot:
                there = System(system.name, made, bot)
                planned = there.says(f"plan recover {system.name} {what} latest")
                assert f"from the copy at file://{off_site}" in planned, planned
                there.does(f"recover {system.name} {what} latest", "ben", "cleo")
                recovered = {holding.name: holding.content() for holding in holdings(made)}
                other = {n: (whole[n], recovered[n]) for n in whole if recovered[n] != whole[n]}
                assert not other, other
                count = len(yaml.safe_load(made.stack_file.read_text())["services"])
                assert f"{count} of {count} services up" in there.says(f"status {system.name}")
        finally:
            made.compose("down", "--volumes", "--timeout", "2")


def _cannot(why: str) -> None:
    """Skips the test, or fails it in CI."""
    if os.environ.get("CI", "").lower() in {"1", "true"}:
        pytest.fail(why)
    pytest.skip(why)


def _copies_to(project: Project, place: Path) -> None:
    described = yaml.safe_load(project.stack_file.read_text())
    described["backup"]["copies"] = [{"repository": f"file://{place}"}]
    project.stack_file.write_text(yaml.safe_dump(described, sort_keys=False))


def _elsewhere(lost: Project) -> Project:
    """A folder with nothing but what describes the system."""
    folder = lost.folder.with_name(f"{lost.folder.name}-second-host")
    folder.mkdir()
    for name in ("compose.yaml", ".env", lost.stack_file.name):
        shutil.copy(lost.folder / name, folder / name)
    return Project(lost.name, folder)


def _bring_images(project: Project, address: str) -> None:
    """All that its variables name, as a host would pull them."""
    lines = (project.folder / ".env").read_text().splitlines()
    images = {value for key, _, value in (line.partition("=") for line in lines) if "_IMAGE" in key}
    described = yaml.safe_load(project.stack_file.read_text())
    images |= {s["tools"] for s in described["datastores"].values() if "tools" in s}
    with subprocess.Popen(["docker", "save", *sorted(images)], stdout=subprocess.PIPE) as saved:
        argv = ["docker", "--host", address, "load", "--quiet"]
        subprocess.run(argv, stdin=saved.stdout, check=True, capture_output=True)
    assert saved.returncode == 0


def _answers(address: str) -> bool:
    argv = ["docker", "--host", address, "info"]
    return subprocess.run(argv, capture_output=True, check=False).returncode == 0


def _wait(ready: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + _SECONDS
    while not ready():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(_TICK)


def _docker(*words: str) -> None:
    subprocess.run(["docker", *words], capture_output=True, check=True)
