"""Backup and restore of a Neo4j server in a container beside the guide's neo4j-admin."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import httpx

from playbooks.model.stack_file import load_stack
from playbooks.operations.lifecycle import START, LifecycleParams
from tests.bench.figures import Figures
from tests.bench.guided import beside_the_guide, kept, restored
from tests.bench.table import Table
from tests.support import neo4j
from tests.support.docker import NEO4J_PASSWORD, Project, project
from tests.support.run_plan import Bench
from tests.support.work import KnownSecrets

# Most of it is the start of a Java machine, which hardly varies.
ROUNDS = 1
NODES = 100_000
# More in one transaction than the server has memory for is refused.
_AT_ONCE = 10_000
_SECONDS = 120.0
_FILL = (
    "CREATE CONSTRAINT berth_no FOR (b:Berth) REQUIRE b.no IS UNIQUE",
    *(
        f"UNWIND range({first}, {first + _AT_ONCE - 1}) AS i "
        "CREATE (:Berth {no: i, name: 'berth ' + i + ' at the quay'})"
        for first in range(1, NODES, _AT_ONCE)
    ),
)
_COUNT = "MATCH (b:Berth) RETURN count(b)"


def table(folder: Path) -> Table:
    """Measures for about two minutes, on the Docker Engine."""
    backups, restores = Figures(), Figures()
    (folder / "guide").mkdir()
    (folder / "guide").chmod(0o777)  # neo4j-admin is a user of its own
    with project("relica", folder) as made:
        bench = Bench(
            load_stack(made.stack_file),
            KnownSecrets({"env:RELICA_NEO4J_PASSWORD": NEO4J_PASSWORD}),
        )
        bench.run(bench.plan(START, LifecycleParams(service="neo4j")))
        neo4j.cypher(made, *_FILL)
        for turn in range(ROUNDS):
            contenders: list[Callable[[], None]] = [
                lambda: _guide(made, folder / "guide", backups, restores),
                lambda: _ours(bench, backups, restores),
            ]
            for contender in contenders if turn % 2 else reversed(contenders):
                contender()
                assert neo4j.cypher(made, _COUNT)[0] == [[NODES]]
    about = (
        f"{NODES:,} nodes with a constraint, {ROUNDS} round. Both have to stop the server, so that "
        "both include that and its start. The guide's way is without its mistakes: `dump` while "
        "the server runs is refused. Interlock's restore loads into a store beside, lets "
        "neo4j-admin check it, exchanges the two, and keeps what it replaces."
    )
    ways = ("stop, neo4j-admin dump, start", "stop, neo4j-admin load, start")
    return beside_the_guide("Neo4j", about, ways, backups, restores)


def _guide(made: Project, folder: Path, backups: Figures, restores: Figures) -> None:
    dump = folder / "neo4j.dump"
    dump.unlink(missing_ok=True)
    with backups.timed("guide"):
        made.compose("stop", "neo4j")
        _admin(made, folder, "dump", "neo4j", "--to-path=/backup")
        kept(dump)
        made.compose("start", "neo4j")
        _until_it_answers(made)
    backups.bytes["guide"] = dump.stat().st_size
    with restores.timed("guide"):
        made.compose("stop", "neo4j")
        _admin(made, folder, "load", "neo4j", "--from-path=/backup", "--overwrite-destination=true")
        made.compose("start", "neo4j")
        _until_it_answers(made)


def _ours(bench: Bench, backups: Figures, restores: Figures) -> None:
    with backups.timed("ours"):
        backup = bench.backup("neo4j")
    backups.bytes["ours"] = int(bench.outputs["publish"]["stored_bytes"])
    restored(bench, backup, "neo4j", restores)


def _admin(made: Project, folder: Path, *words: str) -> None:
    """neo4j-admin in a container of its own, with the stopped server's volumes."""
    server = made.container("neo4j")
    mounts = ["--volumes-from", server.id, "--volume", f"{folder}:/backup"]
    argv = ["docker", "run", "--rm", "--network", "none", *mounts, server.image]
    subprocess.run(
        [*argv, "neo4j-admin", "database", *words],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _until_it_answers(made: Project) -> None:
    deadline = time.monotonic() + _SECONDS
    while not _answers(made):
        assert time.monotonic() < deadline, f"Neo4j did not answer in {_SECONDS:g} s"
        time.sleep(0.1)


def _answers(made: Project) -> bool:
    try:
        return bool(neo4j.cypher(made, "RETURN 1"))
    except httpx.TransportError:
        return False
