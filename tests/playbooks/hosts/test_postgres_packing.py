"""Tools whose output is compressed in their own container: ended with them, never left behind."""

import time
from collections.abc import Iterator

import pytest
from backports.zstd import decompress

from playbooks.errors import HostError
from playbooks.hosts.containers.tool import ContainerTool
from playbooks.hosts.postgres import running
from playbooks.hosts.postgres.connection import postgres_store
from tests.support.docker import PASSWORD, Project
from tests.support.pg_container import SECRET, postgres_project, query, run, stack_of
from tests.support.run_plan import Bench
from tests.support.work import KnownSecrets

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    with postgres_project(tmp_path_factory.mktemp("packing")) as made:
        yield made


def packed(server: Project, *argv: str) -> ContainerTool:
    return ContainerTool(server.container("postgres").id, running.packing(argv), {})


def processes(server: Project) -> list[str]:
    """What runs in the container besides the server."""
    said = server.in_container(
        "postgres", "sh", "-c", "for p in /proc/[0-9]*; do tr '\\0' ' ' < $p/cmdline; echo; done"
    )
    return [line for line in said.splitlines() if line.startswith(("sleep", "zstd", "bash", "yes"))]


def test_the_output_is_one_zstd_stream(server: Project) -> None:
    """What the tool wrote comes out compressed, its words on stderr are kept, its code counts."""
    with packed(server, "printf", "%s", "Straße") as tool:
        output = b"".join(tool.chunks())
        tool.finish()
    assert decompress(output).decode() == "Straße"
    with packed(server, "sh", "-c", "echo half; echo no luck >&2; exit 3") as tool:
        list(tool.chunks())
        with pytest.raises(HostError, match=r"ended with 3\. no luck"):
            tool.finish()


def test_leaving_it_ends_all_of_it(server: Project) -> None:
    """A stop in the middle leaves neither the tool nor the compressor in the container."""
    with packed(server, "yes", "line") as tool:
        for _, chunk in zip(range(3), tool.chunks(), strict=False):
            assert isinstance(chunk, bytes)
        assert processes(server)
    deadline = time.monotonic() + 30
    while processes(server):
        assert time.monotonic() < deadline, processes(server)
        time.sleep(0.1)
    assert query(server, "postgres", "SELECT 1") == [(1,)]


def test_a_dump_comes_compressed_and_is_restored(server: Project) -> None:
    """The manifest knows the plain bytes and both checksums, and the restore reads them."""
    run(
        server,
        "postgres",
        "CREATE TABLE t AS SELECT g, md5(g::text) FROM generate_series(1, 5000) g",
    )
    bench = Bench(stack_of(server, {"database": "postgres"}), KnownSecrets({SECRET: PASSWORD}))
    assert running.packs(postgres_store(bench.stack, "postgres"))
    backup = bench.backup()
    dump, _ = bench.outputs["dump.postgres"]["artifacts"]
    assert dump["codec"] == "zstd" and dump["bytes"] > 2 * dump["stored_bytes"] > 0
    run(server, "postgres", "DELETE FROM t")
    bench.restore(backup)
    assert query(server, "postgres", "SELECT count(*) FROM t") == [(5000,)]
