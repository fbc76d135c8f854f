"""What every system shows of itself at once."""

import re
import subprocess

import pytest
import yaml

from tests.support.systems import System, on
from tests.support.talk import ask_patiently

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.mark.covers("S4", "RNSAC", only="now, without a trend")
@on("RNSAC")
def test_stats_name_every_running_service(system: System) -> None:
    """Processor, memory, network, disks and restarts of each service, and the host's load."""
    said = ask_patiently(system.bot.sim, f"stats {system.name}")
    assert f"prod/{system.name} uses" in said
    assert "unknown:" not in said and "stopped" not in said
    assert re.search(r"Host .*: load [0-9.]+ on \d+ cores?, \S+ \S+ of \S+ \S+ memory", said), said
    cells = said.splitlines()
    restarted = _restarts(system)
    for service in yaml.safe_load(system.project.stack_file.read_text())["services"]:
        processor, memory, network, disk, count = _row(cells, service)
        assert processor.endswith(" %") and memory.split()[0].replace(".", "").isdigit()
        assert " / " in network and " / " in disk
        assert count == restarted[service]


def _row(cells: list[str], service: str) -> list[str]:
    """The figures of a service in the table."""
    at = cells.index(service)
    return cells[at + 1 : at + 6]


def _restarts(system: System) -> dict[str, str]:
    """How often docker restarted the container of each service."""
    wanted = f"label=com.docker.compose.project={system.project.name}"
    argv = ["docker", "ps", "--quiet", "--filter", wanted]
    found = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split()
    form = '{{index .Config.Labels "com.docker.compose.service"}}={{.RestartCount}}'
    argv = ["docker", "inspect", "--format", form, *found]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    return dict(line.split("=", 1) for line in done.stdout.splitlines())
