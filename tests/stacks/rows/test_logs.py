"""Logs of every system: lines by level and pattern, counts of errors, files, what keeps them."""

import json
import re
import time

import httpx
import pytest

from tests.support.systems import System, on
from tests.support.talk import newest_file

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

# A service of each system that stands for its applications.
_APP = {
    "relica": "portal",
    "neurocore": "frontend",
    "spice-harvester": "bff",
    "analytics-engine": "api_gateway",
    "arc": "raymond",
}


def _writes(system: System, *lines: str) -> None:
    """The lines, as if the application itself had written them."""
    for line in lines:
        system.project.in_container(
            _APP[system.name], "sh", "-c", 'printf "%s\\n" "$1" > /proc/1/fd/1', "sh", line
        )


@pytest.mark.covers("S3", "RNSAC")
@on("RNSAC")
def test_lines_are_chosen_by_level_and_pattern(system: System) -> None:
    """What a service wrote is found by level in any common form, and by a regular expression."""
    service = _APP[system.name]
    _writes(
        system,
        json.dumps({"level": "error", "msg": "order 17 was lost"}),
        "level=warn msg=rather-slow took=31ms",
        "INFO order 18 is fine",
    )
    said = system.says(f"logs {system.name} {service} --level error --since 10m")
    assert "order 17 was lost" in said and "order 18" not in said and "rather-slow" not in said
    said = system.says(f'logs {system.name} {service} --grep "order 1[78]" --level info')
    assert "order 17" in said and "order 18" in said and "rather-slow" not in said
    assert "is no regular expression" in system.says(f'logs {system.name} {service} --grep "(1"')
    assert "takes too long" in _wild(system, service)


def _wild(system: System, service: str) -> str:
    _writes(system, "a" * 60 + "!")
    return system.says(f'logs {system.name} {service} --grep "(a|aa)+$"')


@pytest.mark.covers("S3", "RNSAC", only="secrets in lines are masked")
@on("RNSAC")
def test_secrets_in_lines_are_masked(system: System) -> None:
    """Passwords in lines of services do not come to Slack."""
    _writes(system, "connecting as postgres://arc:Tr0ub4dor@db/arc with API_KEY=q8s7d6f5a4")
    said = system.says(f"logs {system.name} {_APP[system.name]} --lines 5")
    assert "connecting as" in said and "Tr0ub4dor" not in said and "q8s7d6f5a4" not in said


@pytest.mark.covers("S3", "RNSAC", only="error counts by service")
@on("RNSAC")
def test_errors_are_counted_with_their_messages(system: System) -> None:
    """The same message with other numbers is one, and counted; a picture shows when."""
    _writes(system, *(f"ERROR payment {n} of user u{n}@example.com was refused" for n in range(3)))
    said = system.says(f"errors {system.name} --since 30m")
    row = next(line for line in said.splitlines() if "payment <n> of user" in line)
    assert "<mail>" in row and "u1@" not in said
    found = re.search(rf"{_APP[system.name]}\n(\d+)\n", said)
    assert found and int(found[1]) >= 3, said
    assert newest_file(system.bot.sim, "ana")["name"].endswith(".png")


@pytest.mark.covers("S3", "RNSAC", only="volume of logs a service, and what rotates them")
@on("RNSAC")
def test_logs_are_listed_with_what_keeps_them(system: System) -> None:
    """Driver, rotation and lines of the last hour are shown of each service, as they are."""
    said = system.says(f"logs {system.name}")
    container = system.project.container(_APP[system.name])
    assert f"{container.name}: nothing rotates the log" in said
    assert "max-size: 10m" in said and "json-file, no rotation" in said
    assert re.search(rf"{_APP[system.name]}\noutput\n", said)


@pytest.mark.covers("S3", "RS", only="log files")
@on("RS")
def test_log_files_are_read(system: System) -> None:
    """Files inside containers, and of the host, are listed and read like output."""
    if system.name == "relica":
        write = 'mkdir -p "$1" && echo "2026-11-22 08:00:00 UTC ERROR:  no such table" > "$1"/a.log'
        folder = "/var/lib/postgresql/data/log"
        system.project.in_container("postgres", "sh", "-c", write, "sh", folder)
        said = system.says("logs relica postgres --from a.log --level error")
    else:
        logs = system.project.folder / "logs"
        logs.mkdir(exist_ok=True)
        (logs / "bff.log").write_text("INFO up\nERROR no such table\n")
        said = system.says("logs spice-harvester bff --from bff.log --level error")
    assert "no such table" in said and "1 line" in said
    assert ("a.log" if system.name == "relica" else "bff.log") in system.says(f"logs {system.name}")


@pytest.mark.covers("S3", "N", by_contract=True, only="Loki")
@on("N")
def test_streams_of_loki_are_read(system: System) -> None:
    """Lines of a service's labels come from Loki, by pattern and level."""
    host, port = system.project.address("loki", 3100)
    loki = f"http://{host}:{port}/loki/api/v1"
    began = time.time_ns() - 60_000_000_000
    lines = ["INFO a", "ERROR b 1", "ERROR c"]
    values = [[str(began + number), text] for number, text in enumerate(lines)]
    stream = {"stream": {"container": "neurocore_api"}, "values": values}
    httpx.post(f"{loki}/push", json={"streams": [stream]}).raise_for_status()
    said = system.says('logs neurocore api --from loki --level error --grep "b \\d" --since 10m')
    assert "ERROR b 1" in said and "1 line" in said
