"""Tools in real containers: all they write, how they ended, and that nothing of them is left."""

import hashlib
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from playbooks.errors import HostError, NoSpace
from playbooks.hosts.containers.files import brought_into
from playbooks.hosts.containers.tool import ContainerTool, output_in
from tests.images.build import image
from tests.support.bot import wait_until
from tests.support.docker import require_docker

pytestmark = pytest.mark.slow


@pytest.fixture
def container() -> Iterator[str]:
    """A running container that has busybox and nothing else."""
    require_docker()
    name = f"interlock-tool-{uuid.uuid4().hex[:8]}"
    started = ["docker", "run", "--detach", "--name", name, image("app")]
    subprocess.run(started, check=True, capture_output=True)
    try:
        yield name
    finally:
        subprocess.run(["docker", "rm", "-f", "-v", name], check=True, capture_output=True)


def processes(container: str) -> str:
    return output_in(container, ["busybox", "ps"], {}).decode()


def test_every_byte_arrives(container: str) -> None:
    """Also of a tool that is done at once: nothing is lost before the first read."""
    size = 5_000_000
    written = output_in(container, ["busybox", "head", "-c", str(size), "/dev/zero"], {})
    assert written == b"\0" * size
    said = {output_in(container, ["printf", "%s", "first and last"], {}) for _ in range(20)}
    assert said == {b"first and last"}


def test_arguments_and_variables_are_never_shell(container: str) -> None:
    """What is written is what was given, quotes, dollars and line ends too."""
    odd = 'it\'s $(echo pwned) "x"\n`id` *'
    assert output_in(container, ["printf", "%s", odd], {}) == odd.encode()
    argv = ["sh", "-c", 'printf %s "$ODD"']
    assert output_in(container, argv, {"ODD": odd}) == odd.encode()


def test_the_exit_code_decides(container: str) -> None:
    """End of output is not success: the code is asked for, and the tool's words are told."""
    with (
        ContainerTool(container, ["sh", "-c", "echo part; echo tide >&2; exit 3"], {}) as tool,
        pytest.raises(HostError, match=r"ended with 3\. tide"),
    ):
        assert b"".join(tool.chunks()) == b"part\n"
        tool.finish()
    with pytest.raises(NoSpace):
        output_in(container, ["sh", "-c", "echo 'No space left on device' >&2; exit 1"], {})
    with pytest.raises(HostError, match="ended with 127"):
        output_in(container, ["no-such-tool"], {})


def test_leaving_ends_the_tool(container: str) -> None:
    """A tool that is not waited for, even one that ignores being asked, is not left behind."""
    stubborn = ["sh", "-c", "trap '' TERM; while :; do echo more; busybox sleep 1; done"]
    with ContainerTool(container, stubborn, {}) as tool:
        assert next(chunk for chunk in tool.chunks() if chunk)
        assert "echo more" in processes(container)
    assert "echo more" not in processes(container)


def test_a_container_killed_in_mid_stream_is_a_failure(container: str) -> None:
    """The stream ends cleanly, and still the tool has failed."""
    with (
        ContainerTool(container, ["busybox", "yes"], {}) as tool,
        pytest.raises(HostError),
    ):
        chunks = tool.chunks()
        assert next(chunk for chunk in chunks if chunk)
        subprocess.run(["docker", "kill", container], check=True, capture_output=True)
        for _ in chunks:
            pass
        tool.finish()


def test_a_file_is_brought_whole_and_taken_away(container: str, tmp_path: Path) -> None:
    """It can be read under the given place while the block lasts, and is gone afterwards."""
    file = tmp_path / "odd name's.dump"
    file.write_bytes(b"tide " * 700_001)
    output_in(container, ["mkdir", "-p", "/tmp"], {})
    seen: list[None] = []
    with brought_into(container, file, "interlock-k3f9q2-load-1", lambda: seen.append(None)) as at:
        told = output_in(container, ["busybox", "sha256sum", str(at)], {}).decode()
        assert told.split()[0] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert len(seen) >= 3
    assert output_in(container, ["busybox", "ls", "-A", "/tmp"], {}) == b""


def test_no_container_is_told_as_what_it_is(container: str) -> None:
    """A container that is gone is an error of the host, with the reason."""
    subprocess.run(["docker", "kill", container], check=True, capture_output=True)
    wait_until(lambda: _is_down(container), "the container to stop")
    with pytest.raises(HostError, match="is not running"):
        output_in(container, ["printf", "x"], {})


def _is_down(container: str) -> bool:
    argv = ["docker", "inspect", "--format", "{{.State.Running}}", container]
    return "false" in subprocess.run(argv, capture_output=True, text=True, check=True).stdout
