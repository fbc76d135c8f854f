"""Helpers beside real containers: same mounts, no network, and nothing of them is left."""

import io
import subprocess
import tarfile
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from playbooks.errors import HostError
from playbooks.hosts.containers.helper import HelperOrder, clear, helper, helpers, output_of, sweep
from tests.images.build import image
from tests.support.docker import require_docker

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def container() -> Iterator[str]:
    """A stopped container of the redis image with a named volume on /data."""
    require_docker()
    name = f"interlock-helped-{uuid.uuid4().hex[:8]}"
    made = ["docker", "create", "--name", name, "-v", f"{name}:/data", image("redis")]
    subprocess.run(made, check=True, capture_output=True)
    try:
        yield name
    finally:
        subprocess.run(["docker", "rm", "-f", "-v", name], check=True, capture_output=True)
        subprocess.run(["docker", "volume", "rm", name], check=True, capture_output=True)


def order(container: str, *argv: str, run: str = "k3f9q2") -> HelperOrder:
    return HelperOrder(
        container=container, run=run, purpose="test", argv=argv, entrypoint=(), user="0"
    )


def tar_of(name: str, content: bytes, **attributes: int) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        info = tarfile.TarInfo(name)
        info.size = len(content)
        for attribute, value in attributes.items():
            setattr(info, attribute, value)
        tar.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def test_archives_go_in_and_out_without_a_start(container: str) -> None:
    """The service's container is neither started nor changed; owner, mode and time stay."""
    packed = tar_of("tide.txt", b"high", uid=4711, gid=815, mode=0o640, mtime=1_700_000_000)
    with helper(order(container)) as made:
        made.put("/data", [packed[:700], packed[700:]])
        taken = b"".join(made.take("/data/tide.txt"))
    with tarfile.open(fileobj=io.BytesIO(taken)) as tar:
        [info] = tar.getmembers()
    told = (info.name, info.uid, info.gid, info.mode & 0o7777, int(info.mtime), info.size)
    assert told == ("tide.txt", 4711, 815, 0o640, 1_700_000_000, 4)


def test_a_tool_sees_the_mounts_and_its_exit_code_decides(container: str) -> None:
    """All that it writes arrives, and an exit code is a failure with the tool's own words."""
    output_of(order(container, "sh", "-c", "echo deep > /data/water"))
    assert output_of(order(container, "cat", "/data/water")) == b"deep\n"
    with pytest.raises(HostError, match=r"ended with 3\. no tide"):
        output_of(order(container, "sh", "-c", "echo no tide >&2; exit 3"))
    with pytest.raises(HostError, match="could not be started"):
        output_of(order(container, "no-such-tool"))
    size = 5_000_000
    assert output_of(order(container, "head", "-c", str(size), "/dev/zero")) == b"\0" * size


def test_it_has_no_network_and_may_be_kept_from_writing(container: str) -> None:
    """Only the loopback interface, and mounts that cannot be written where that is ordered."""
    assert output_of(order(container, "ls", "/sys/class/net")).split() == [b"lo"]
    kept = HelperOrder(
        container=container,
        run="k3f9q2",
        purpose="test",
        argv=("touch", "/data/written"),
        entrypoint=(),
        read_only=True,
    )
    with pytest.raises(HostError, match="Read-only file system"):
        output_of(kept)


def test_nothing_of_it_is_left(container: str) -> None:
    """Left in the middle it is ended; an orphan goes with the next of its kind, or by run."""
    run = f"r{uuid.uuid4().hex[:6]}"
    forever = order(container, "sh", "-c", "while :; do echo more; sleep 1; done", run=run)
    with helper(forever) as made, made.tool() as tool:
        assert next(chunk for chunk in tool.chunks() if chunk)
        assert run in helpers().values()
    assert run not in helpers().values()
    with helper(forever) as orphan, orphan.tool():
        with helper(forever) as younger:
            assert [each for each, of in helpers().items() if of == run] == [younger.id]
        assert run not in helpers().values()
    with helper(forever):
        assert clear(run) == 1
    assert clear(run) == 0
    with helper(forever):
        assert sweep(run, older_than_seconds=600) == 0
        assert sweep(run, older_than_seconds=-60) == 1


def test_several_may_remove_one_at_once(container: str) -> None:
    """Whoever comes while another is at it waits for the end of that, and it is no error."""
    run = uuid.uuid4().hex[:8]
    with (
        helper(order(container, "sleep", "60", run=run)) as made,
        made.tool(),
        ThreadPoolExecutor(8) as hands,
    ):
        for done in [hands.submit(clear, run) for _ in range(8)]:
            done.result()
        assert run not in helpers().values()
