"""What services use, read from real processes."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from playbooks.facts.usage import host
from playbooks.hosts.machine.usage import of_session
from playbooks.model.stack import Stack
from playbooks.registry import NoArgs
from tests.support.work import STARTED, KnownSecrets, TestReading

_BUSY = """
import os
held = bytearray(40_000_000)
child = os.fork()
print("busy", flush=True)
while True:
    pass
"""


@pytest.fixture
def busy() -> Iterator[int]:
    """A session of two processes that compute without end; its leader."""
    leader = subprocess.Popen(
        [sys.executable, "-c", _BUSY], stdout=subprocess.PIPE, start_new_session=True
    )
    assert leader.stdout is not None
    leader.stdout.readline()
    yield leader.pid
    os.killpg(leader.pid, 9)
    leader.wait()
    leader.stdout.close()


def test_all_processes_of_a_service_count(busy: int) -> None:
    """Processor and memory are those of the session, its children included."""
    seen = of_session("api", busy)
    assert (seen.name, seen.processes) == ("api", 2)
    assert seen.processor > 1
    assert seen.memory > 40_000_000
    assert seen.limit is None


def test_a_session_that_is_gone_uses_nothing() -> None:
    """What ended between two looks is no error."""
    child = subprocess.Popen(["true"], start_new_session=True)
    child.wait()
    seen = of_session("api", child.pid)
    assert (seen.processes, seen.memory, seen.processor) == (0, 0, 0.0)


def test_the_host_has_cores_and_memory() -> None:
    """What is available is part of what there is."""
    stack = Stack(name="yard", environment="dev", channel="ops-yard")
    seen = host(TestReading(stack, KnownSecrets(), STARTED), NoArgs())
    assert seen["cores"] == os.cpu_count()
    assert 0 < seen["available_bytes"] < seen["memory_bytes"]
    assert seen["load"] >= 0
