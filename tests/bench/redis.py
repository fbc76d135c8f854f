"""Backup and restore of a Redis server in a container beside the guide's BGSAVE and docker cp."""

import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from playbooks.model.stack import Stack
from tests.bench.figures import Figures
from tests.bench.guided import beside_the_guide, kept, restored
from tests.bench.table import Table
from tests.images.build import image
from tests.support.docker import Project, require_docker
from tests.support.run_plan import Bench

ROUNDS = 3
KEYS, KEY_BYTES = 400_000, 200
_SECONDS = 60.0
# While it loads, it answers otherwise.
_ASKED = "redis-cli ping | grep -q PONG"


def table(folder: Path) -> Table:
    """Measures for about a minute, on the Docker Engine."""
    backups, restores = Figures(), Figures()
    with _server(folder) as made:
        _say(made, "DEBUG", "POPULATE", str(KEYS), "berth", str(KEY_BYTES))
        bench = Bench(_stack(made))
        for turn in range(ROUNDS):
            contenders: list[Callable[[], None]] = [
                lambda: _guide(made, folder, backups, restores),
                lambda: _ours(bench, backups, restores),
            ]
            for contender in contenders if turn % 2 else reversed(contenders):
                contender()
                said = _say(made, "DBSIZE")
                assert said == str(KEYS), said
    about = (
        f"{KEYS:,} keys of {KEY_BYTES} bytes, {ROUNDS} rounds in alternating order, medians. "
        "The guide's file is on the disk at the end, unread; Interlock reads back what it stored. "
        "Its restore loads the snapshot into a server of its own first, counts the keys there, and "
        "keeps what it replaces."
    )
    ways = ("BGSAVE, docker cp", "stop, docker cp, start")
    return beside_the_guide("Redis", about, ways, backups, restores)


def _guide(made: Project, folder: Path, backups: Figures, restores: Figures) -> None:
    """Copied in while the server is down: its last act is to save what it has."""
    target = folder / "dump.rdb"
    inside = f"{made.container('cache').id}:/data/dump.rdb"
    with backups.timed("guide"):
        _say(made, "BGSAVE")
        _until(made, "INFO", "persistence", has="rdb_bgsave_in_progress:0")
        _docker("cp", "--quiet", inside, str(target))
        kept(target)
    backups.bytes["guide"] = target.stat().st_size
    with restores.timed("guide"):
        made.compose("stop", "cache")
        _docker("cp", "--quiet", str(target), inside)
        made.compose("start", "cache")
        _until(made, "PING", has="PONG")


def _ours(bench: Bench, backups: Figures, restores: Figures) -> None:
    with backups.timed("ours"):
        backup = bench.backup("cache")
    backups.bytes["ours"] = int(bench.outputs["publish"]["stored_bytes"])
    restored(bench, backup, "cache", restores)


@contextmanager
def _server(folder: Path) -> Iterator[Project]:
    """Gone with its volume in every ending."""
    require_docker()
    made = Project(f"bench-{uuid.uuid4().hex[:6]}", folder)
    server = {
        "image": image("redis"),
        "command": ["redis-server", "--enable-debug-command", "local"],
        "volumes": ["data:/data"],
        "healthcheck": {"test": ["CMD", "sh", "-c", _ASKED], "interval": "1s", "retries": 60},
    }
    composed = {"services": {"cache": server}, "volumes": {"data": {}}}
    (folder / "compose.yaml").write_text(yaml.safe_dump(composed))
    try:
        made.compose("up", "--detach", "--wait")
        yield made
    finally:
        made.compose("down", "--volumes", "--timeout", "2")


def _stack(made: Project) -> Stack:
    return Stack.model_validate(
        {
            "name": "bench",
            "environment": "dev",
            "channel": "ops-bench",
            "compose": {"project": made.name, "files": [str(made.folder / "compose.yaml")]},
            "services": {"cache": {"health": {"kind": "container"}, "start_seconds": 120}},
            "datastores": {"cache": {"kind": "redis", "service": "cache"}},
            "backup": {"repository": f"file://{made.folder}/repository"},
        }
    )


def _say(made: Project, *words: str) -> str:
    return made.in_container("cache", "redis-cli", *words).strip()


def _until(made: Project, *words: str, has: str) -> None:
    deadline = time.monotonic() + _SECONDS
    while has not in _say(made, *words):
        assert time.monotonic() < deadline, f"{words} did not say {has} in {_SECONDS:g} s"
        time.sleep(0.05)


def _docker(*words: str) -> None:
    subprocess.run(["docker", *words], check=True, stdout=subprocess.DEVNULL)
