"""Datastores in containers of an engine over TLS and over ssh: backed up and restored from here."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from playbooks.hosts.keyring import keyring
from playbooks.model.stack import Stack
from tests.support.docker import PASSWORD, Project
from tests.support.pg_container import SECRET, described, postgres_project
from tests.support.run_plan import Bench
from tests.support.ssh_host import ENGINE_SOCKET, ssh_host
from tests.support.tls_engine import tls_engine
from tests.support.work import KnownSecrets

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@dataclass(frozen=True)
class Far:
    """A PostgreSQL with a volume of documents beside it, on an engine elsewhere; `bench` reaches it
    one way, and no other leads there."""

    project: Project
    bench: Bench

    def shell(self, command: str) -> str:
        return self.project.in_container("postgres", "sh", "-c", command)

    def sql(self, statement: str) -> str:
        return self.project.in_container("postgres", "psql", "-U", "postgres", "-Atc", statement)


@pytest.fixture(scope="module", params=["tls", "ssh"])
def far(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Far]:
    """Each way with a project of its own, for the runs of both have the same names."""
    folder = tmp_path_factory.mktemp("far")
    with (
        postgres_project(folder, volumes={"docs": "/docs"}) as project,
        _engine(request.param, project, tmp_path_factory.mktemp(request.param)) as host,
    ):
        file = described(project, {"database": "postgres"}, host="far", hosts={"far": host})
        file["datastores"]["docs"] = {"kind": "volume", "service": "postgres", "path": "/docs"}
        stack = Stack.model_validate(file)
        yield Far(project, Bench(stack, KnownSecrets({SECRET: PASSWORD})))


@contextmanager
def _engine(way: str, project: Project, folder: Path) -> Iterator[dict[str, object]]:
    """The engine as `hosts.NAME` of a stack file, behind a TLS endpoint or a real sshd."""
    if way == "tls":
        with tls_engine(folder) as tls:
            yield tls.described()
    else:
        with ssh_host(folder, engine=True) as ssh:
            keyring().hand(KnownSecrets({f"file:{ssh.key}": ssh.key.read_text()}))
            ssh.publishes(
                project.address("postgres", 5432)[1], project.container("postgres").id, 5432
            )
            yield ssh.described(docker_socket=ENGINE_SOCKET)


@contextmanager
def _nothing_here() -> Iterator[None]:
    """The own DOCKER_HOST leads nowhere: what is reached is reached as the stack file says."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
        yield


def test_a_postgresql_of_another_engine_comes_back(far: Far) -> None:
    """Dumped and restored with the tools of its own image, there."""
    far.sql("DROP TABLE IF EXISTS papers")
    far.sql("CREATE TABLE papers AS SELECT generate_series(1, 100) id")
    with _nothing_here():
        backup = far.bench.backup("postgres")
    far.sql("DELETE FROM papers")
    with _nothing_here():
        far.bench.restore(backup)
    assert far.sql("SELECT count(*) FROM papers").strip() == "100"


def test_a_volume_of_another_engine_comes_back(far: Far) -> None:
    """With its folders; helpers run there, and see nothing of this host."""
    far.shell("mkdir -p /docs/sub; echo one > /docs/a; echo two > /docs/sub/b")
    with _nothing_here():
        backup = far.bench.backup("docs")
    far.shell("rm -r /docs/*")
    with _nothing_here():
        far.bench.restore(backup, datastore="docs")
    assert far.shell("cat /docs/a /docs/sub/b").split() == ["one", "two"]
