"""Neo4j 4 by contract: a stand-in with the documented neo4j-admin of 4.4, through every step."""

import json
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from playbooks.errors import HostError
from playbooks.model.stack_file import load_stack
from playbooks.operations.lifecycle import START, STOP, LifecycleParams
from tests.images.build import image
from tests.support.docker import Project, require_docker
from tests.support.neo4j import mounting
from tests.support.run_plan import Bench

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

_COMPOSE = Path(__file__).parent / "neo4j4" / "compose.yaml"
_STORE = "/data/databases/neo4j/neostore"


@pytest.fixture(scope="module")
def vine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The server, started."""
    require_docker()
    folder = tmp_path_factory.mktemp("vine")
    made = Project(f"vine-{uuid.uuid4().hex[:6]}", folder)
    (folder / "compose.yaml").write_text(_COMPOSE.read_text())
    (folder / ".env").write_text(f"NEO4J4_IMAGE={image('neo4j4')}\n")
    described = {
        "name": "vine",
        "environment": "prod",
        "channel": "ops-vine",
        "compose": {"project": made.name, "files": ["compose.yaml"], "env_files": [".env"]},
        "services": {"graph": {"health": {"kind": "container"}}},
        "datastores": {"graph": {"kind": "neo4j", "service": "graph"}},
        "backup": {"repository": "backups"},
    }
    made.stack_file.write_text(json.dumps(described))
    try:
        made.compose("up", "--detach", "--wait")
        yield made
    finally:
        made.compose("down", "--volumes", "--timeout", "2")


@pytest.fixture(scope="module")
def bench(vine: Project) -> Bench:
    return Bench(load_stack(vine.stack_file))


def write(vine: Project, line: str) -> None:
    vine.in_container("graph", "sh", "-c", f"echo '{line}' >> {_STORE}")


def stored(vine: Project) -> str:
    return vine.in_container("graph", "cat", _STORE)


@pytest.mark.covers("B1 B8", "R", by_contract=True, only="Neo4j 4")
def test_neo4j_4_by_contract_is_dumped_restored_and_taken_back(vine: Project, bench: Bench) -> None:
    """Commands of version 4 with a file to dump to; what the entrypoint says is in no dump; the
    undo brings the damage back."""
    write(vine, "from the backup «ß»")
    whole = stored(vine)
    backup = bench.backup("graph")
    assert bench.outputs["dump.graph"]["facts"]["transaction"] == 2
    write(vine, "damage")
    damaged = stored(vine)
    restored = bench.restore(backup, datastore="graph")
    assert stored(vine) == whole and vine.container("graph").health == "healthy"
    bench.restore(restored.run, "undo", "graph")
    assert stored(vine) == damaged
    assert len(mounting(vine, "graph")) == 1


@pytest.mark.covers("B8", "R", by_contract=True, only="Neo4j 4")
def test_neo4j_4_by_contract_refuses_what_is_inconsistent(vine: Project, bench: Bench) -> None:
    """A backup whose store fails the check is not exchanged; what is live was never touched."""
    before = stored(vine)
    vine.in_container("graph", "sh", "-c", f"sed -i s/^whole/broken/ {_STORE}")
    backup = bench.backup("graph")
    vine.in_container("graph", "sh", "-c", f"sed -i s/^broken/whole/ {_STORE}")
    since = vine.container("graph").since
    left = vine.in_container("graph", "ls", "-A", "/data")
    with pytest.raises(HostError, match="Inconsistencies found in neo4j"):
        bench.restore(backup, datastore="graph")
    assert stored(vine) == before and vine.container("graph").since == since
    assert vine.in_container("graph", "ls", "-A", "/data") == left


def test_what_was_stopped_stays_stopped(vine: Project, bench: Bench) -> None:
    """Backup and restore of a stopped server start nothing; its data are the backup's."""
    write(vine, "kept")
    whole = stored(vine)
    bench.run(bench.plan(STOP, LifecycleParams(service="graph")))
    backup = bench.backup("graph")
    assert vine.container("graph").status == "exited"
    bench.restore(backup, datastore="graph")
    assert vine.container("graph").status == "exited"
    bench.run(bench.plan(START, LifecycleParams(service="graph")))
    assert stored(vine) == whole
