"""What every system takes of its host: over time, and of its disks."""

import json
import re
import shutil
import struct
import subprocess

import pytest
import yaml

from notifiers.views.text import size
from tests.support.bot import wait_until
from tests.support.systems import System, on
from tests.support.talk import ask_patiently, newest_file

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

_PNG = b"\x89PNG\r\n\x1a\n"
_STORES = {
    "relica": "neo4j",
    "neurocore": "postgres",
    "spice-harvester": "terminusdb",
    "analytics-engine": "timescaledb",
    "arc": "postgres",
}


def _picture(system: System, name: str) -> tuple[int, int]:
    """Width and height of the newest picture that ana got, which has to be called that."""
    file = newest_file(system.bot.sim, "ana")
    assert file["name"] == name, file
    content = system.bot.sim.http.get(f"/sim/files/{file['id']}").content
    assert content.startswith(_PNG)
    width, height = struct.unpack(">II", content[16:24])
    return width, height


@pytest.mark.covers("S4", "RNSAC")
@on("RNSAC")
def test_use_over_time_is_what_docker_counts(system: System) -> None:
    """A line for each service and the host, from samples that the bot took by itself, and a
    picture; the memory is what the engine says."""
    # No longer ago: what it did for the other tests is more than it has now.
    text = f"stats {system.name} --since 1m"
    services = yaml.safe_load(system.project.stack_file.read_text())["services"]

    def sampled() -> str:
        said = ask_patiently(system.bot.sim, text)
        lines = said.splitlines()
        return said if all(name in lines for name in services) and " %" in said else ""

    said: str = wait_until(sampled, "samples of all services", 40)
    assert "the host" in said.splitlines()
    assert _picture(system, f"{system.name}-usage.png") > (600, 400)
    store = _STORES[system.name]
    lines = said.splitlines()
    most = _bytes(lines[lines.index(store) + 4])
    argv = ["docker", "stats", "--no-stream", "--format", "{{.MemUsage}}"]
    now = subprocess.run(
        [*argv, system.project.container(store).id], capture_output=True, text=True, check=True
    ).stdout
    # Docker's own client counts in 1024s; servers also take and give back some meanwhile.
    assert most == pytest.approx(_binary(now.partition(" /")[0]), rel=0.5)


def _bytes(text: str) -> float:
    """`12.1 MB`, as our own texts have it."""
    number, unit = text.split()
    return float(number.replace(",", "")) * {"KB": 1e3, "MB": 1e6, "GB": 1e9}[unit]


def _binary(text: str) -> float:
    """`11.5MiB`, as docker's client has it."""
    found = re.fullmatch(r"([0-9.]+)([KMG])iB", text.strip())
    assert found, text
    return float(found[1]) * 1024 ** ("KMG".index(found[2]) + 1)


@pytest.mark.covers("S5", "RNSAC")
@on("RNSAC")
def test_disks_are_as_full_as_df_and_docker_say(system: System) -> None:
    """File systems against df, volumes against `docker system df`, the threshold against the stack
    file, backups against the folder."""
    said = ask_patiently(system.bot.sim, f"disk {system.name}")
    usage = shutil.disk_usage("/")
    free = round(100 * usage.free / (usage.used + usage.free))
    assert any(f"▓ {full} %" in said or f"░ {full} %" in said for full in _near(100 - free)), said
    thresholds = yaml.safe_load(system.project.stack_file.read_text())["thresholds"]
    limit = next(t["limit"] for t in thresholds.values() if t["measure"] == "disk_free_percent")
    assert f"{limit:g} %" in said.splitlines()[0]
    lines = said.splitlines()
    volumes = _volumes(system)
    assert volumes
    for name, bytes_ in volumes.items():
        row = lines.index(f"volume {name}")
        assert _bytes_or_less(lines[row + 2]) == pytest.approx(bytes_, rel=0.5, abs=200_000)
    image = system.project.container(_STORES[system.name]).image
    argv = ["docker", "image", "inspect", "--format", "{{.Size}}", image]
    taken = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    assert size(int(taken)) in lines
    assert "backup" in said


def _near(percent: int) -> range:
    """Others write to the disk meanwhile."""
    return range(percent - 2, percent + 3)


def _bytes_or_less(text: str) -> float:
    return float(text.split(maxsplit=1)[0]) if "byte" in text else _bytes(text)


def _volumes(system: System) -> dict[str, int]:
    """The project's volumes and their bytes, as docker counts them."""
    argv = ["docker", "system", "df", "--verbose", "--format", "{{json .Volumes}}"]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    units = {"B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9}
    found = {}
    for each in json.loads(done.stdout):
        matched = re.fullmatch(r"([0-9.]+)([kMG]?B)", each["Size"])
        if each["Name"].startswith(f"{system.project.name}_") and matched:
            found[each["Name"]] = int(float(matched[1]) * units[matched[2]])
    return found


@pytest.mark.covers("S9", "RNSAC")
@on("RNSAC")
def test_a_stack_shows_what_it_is(system: System) -> None:
    """Every service of compose in a table and a picture, with contacts, objectives, externals."""
    said = ask_patiently(system.bot.sim, f"stack show {system.name}")
    lines = said.splitlines()
    described = yaml.safe_load(system.project.stack_file.read_text())
    services = described["services"]
    assert set(services) <= set(system.project.compose("config", "--services").split())
    assert all(name in lines for name in services)
    assert f"{len(services)} of {len(services)} services well, on this host" in lines[0], lines[0]
    for contact in described.get("contacts", {}).values():
        assert contact["role"] in said
    for name in described.get("externals", {}):
        assert f"{name}: " in said
    assert "objective of the stack: R" in said
    for scenario in described["objectives"].get("scenarios", {}):
        assert f"objective of {scenario}: RPO" in said
    assert _picture(system, f"{system.name}.png") > (500, 200)
    contacts = system.says(f"contacts {system.name}")
    for contact in described.get("contacts", {}).values():
        assert contact["role"] in contacts and contact.get("email", "") in contacts
