"""The life of services on every system: shown, asked, started, killed, scaled, limited, set,
recovered, and tidied up after."""

import json
import os
import subprocess
import time
from typing import Any

import pytest

from playbooks.hosts.probes import wrong_with_command, wrong_with_database
from playbooks.model.health import CommandHealth, DatabaseHealth
from playbooks.model.stack_file import load_stack
from tests.support.bot import wait_until
from tests.support.docker import NEO4J_PASSWORD, PASSWORD, REDIS_PASSWORD
from tests.support.systems import System, on
from tests.support.talk import cards, payload
from tests.support.work import KnownSecrets

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
_BOTH = ("ben", "cleo")
# Of each system one that is light, and that nothing else needs.
LEAF = {
    "relica": "viewfinder",
    "neurocore": "flower",
    "spice-harvester": "bff",
    "analytics-engine": "demo_config_ui",
    "arc": "traefik",
}
MANY = {"neurocore": "celery-worker", "analytics-engine": "demo_config_ui", "arc": "kratos"}
# Of log files: how many days old, and whether they stay.
LOGS = {
    "neurocore": {"api.log.1": (6, True), "api.log.2": (8, False)},
    "spice-harvester": {
        "bff.log": (90, True),
        "bff.log.1": (6, True),
        "bff.log.2": (8, False),
        "access.log.1": (29, True),
        "access.log.2": (31, False),
    },
}
ONE_ONLY = {"neurocore": "api", "analytics-engine": "calculation_engine_service", "arc": "raymond"}


def docker(*words: str) -> str:
    return subprocess.run(["docker", *words], capture_output=True, text=True, check=True).stdout


def seen(system: System, service: str) -> dict[str, Any]:
    """What the engine says of the one container of a service."""
    found: dict[str, Any] = json.loads(docker("inspect", system.project.container(service).id))[0]
    return found


def environment(system: System, service: str) -> list[str]:
    found: list[str] = seen(system, service)["Config"]["Env"]
    return found


def healthy(system: System, service: str) -> bool:
    """As its container says, or as it is asked."""
    return "1 of 1 service healthy" in system.says(f"health {system.name} {service}")


@pytest.mark.covers("S1", "RNSAC")
@on("RNSAC")
def test_the_status_shows_layers_images_ports_and_how_it_ended(system: System) -> None:
    """In start-up layers with image and port; a killed service with its exit code."""
    leaf = LEAF[system.name]
    container = system.project.container(leaf)
    docker("kill", container.id)
    try:
        said = system.says(f"status {system.name}")
        assert "exit code 137 (killed)" in said
        assert container.tag in said
        assert all(column in said for column in ("Layer", "Image", "Ports", "Restarts"))
        assert f"{leaf} stopped" in system.says("status") or leaf in system.says("status")
    finally:
        docker("start", container.id)
    wait_until(lambda: healthy(system, leaf), f"{leaf} healthy again", 60)


@pytest.mark.covers("S2", "RNSAC")
@on("RNSAC")
def test_every_service_is_asked_once_and_continuously(system: System) -> None:
    """`health` finds all of them well; so does the watch, by itself."""
    said = system.says(f"health {system.name}")
    assert "unhealthy" not in said and "unknown" not in said

    def watched() -> bool:
        known = system.says(f"watch {system.name}")
        return "nothing is down" in known and "not sure yet" not in known and "up for" in known

    wait_until(watched, "all of them watched and up", 120)


@on("R")
def test_databases_are_pinged_as_their_datastores_say(system: System) -> None:
    """PostgreSQL, Redis and Neo4j let Interlock in with the right password and not with another."""
    stack = load_stack(system.project.stack_file)
    passwords = {"postgres": PASSWORD, "redis": REDIS_PASSWORD, "neo4j": NEO4J_PASSWORD}
    right = KnownSecrets(
        {str(stack.datastores[name].password): value for name, value in passwords.items()}
    )
    wrong = KnownSecrets(dict.fromkeys(right.values, "another password"))
    for name in ("postgres", "redis", "neo4j"):
        asked = DatabaseHealth(kind="database", datastore=name)
        assert not wrong_with_database(stack, asked, right)
        said = wrong_with_database(stack, asked, wrong)
        assert said and "another password" not in said


@on("S")
def test_a_command_in_the_container_says_how_it_is(system: System) -> None:
    """Its exit code, and its last words."""
    stack = load_stack(system.project.stack_file)
    well = CommandHealth(kind="command", argv=("grep", "-q", "healthy", "/srv/health"))
    assert not wrong_with_command(stack, "bff", well)
    ill = CommandHealth(kind="command", argv=("cat", "/srv/nothing"))
    assert "ended with 1" in wrong_with_command(stack, "bff", ill)


@pytest.mark.covers("D1", "RNSAC")
@on("RNSAC")
def test_a_service_is_stopped_started_and_restarted(system: System) -> None:
    """The container itself is down, up again, and another start of the same one."""
    leaf = LEAF[system.name]
    system.does(f"stop {system.name} {leaf}", "ben")
    assert seen(system, leaf)["State"]["Status"] == "exited"
    system.does(f"start {system.name} {leaf}", "ben")
    first = seen(system, leaf)["State"]
    assert first["Status"] == "running"
    system.does(f"restart {system.name} {leaf}", *_BOTH)
    second = seen(system, leaf)["State"]
    assert second["Status"] == "running" and second["StartedAt"] > first["StartedAt"]
    assert healthy(system, leaf)


@pytest.mark.covers("D15", "RNSAC")
@on("RNSAC")
def test_a_crashed_service_is_recovered_inside_the_objective(system: System) -> None:
    """Killed behind everybody's back, it is up and well long before its five minutes are over."""
    leaf = LEAF[system.name]
    docker("kill", system.project.container(leaf).id)
    began = time.monotonic()
    system.does(f"recover-service {system.name} {leaf}", "ben")
    assert time.monotonic() - began < 300
    assert seen(system, leaf)["State"]["Status"] == "running" and healthy(system, leaf)


@pytest.mark.covers("D2", "C", only="killing")
@on("C")
def test_a_service_is_killed(system: System) -> None:
    """SIGKILL, at once; started again afterwards."""
    leaf = LEAF[system.name]
    system.does(f"kill {system.name} {leaf}", *_BOTH)
    assert seen(system, leaf)["State"]["ExitCode"] == 137
    system.does(f"start {system.name} {leaf}", "ben")
    assert seen(system, leaf)["State"]["Running"]


@pytest.mark.covers("D3", "NAC")
@on("NAC")
def test_a_service_is_scaled_and_what_forbids_it_is_named(system: System) -> None:
    """Two containers, also after a plain `up`; one again; a fixed name or port is the reason."""
    name, service = system.name, MANY[system.name]
    system.does(f"scale {name} {service} 2", "ben")
    try:
        system.project.compose_all("up", "--detach", "--no-deps", "--no-recreate", service)
        assert len(system.project.compose_all("ps", "--quiet", service).split()) == 2
    finally:
        system.does(f"scale {name} {service} 1", "ben")
    assert seen(system, service)["State"]["Running"]
    assert "There can be only one" in system.says(f"scale {name} {ONE_ONLY[name]} 3")


@pytest.mark.covers("D13", "NAC")
@on("NAC")
def test_limits_hold_at_once_and_beyond_the_next_up(system: System) -> None:
    """The running container has them, one made anew too; without them again as before."""
    name, leaf = system.name, LEAF[system.name]
    before = seen(system, leaf)
    system.does(f"limits {name} {leaf} --cpus 0.5 --memory 64M --reserve-memory 16M", "ben")
    try:
        now = seen(system, leaf)
        assert now["Id"] == before["Id"] and _limits(now) == (500_000_000, 64 << 20, 16 << 20)
        system.project.compose_all("up", "--detach", "--no-deps", "--force-recreate", leaf)
        again = seen(system, leaf)
        assert again["Id"] != before["Id"] and _limits(again) == _limits(now)
    finally:
        system.does(f"limits {name} {leaf} --reset", "ben")
    assert _limits(seen(system, leaf)) == (0, 0, 0)


def _limits(container: dict[str, Any]) -> tuple[int, int, int]:
    host = container["HostConfig"]
    return host["NanoCpus"], host["Memory"], host["MemoryReservation"]


@pytest.mark.covers("D17", "SC")
@on("SC")
def test_a_variable_is_set_for_a_time_and_goes_back(system: System) -> None:
    """The container made anew has it, and after the time one that has not."""
    leaf = LEAF[system.name]
    system.does(f"set {system.name} {leaf} LOG_LEVEL=debug --for 2s", "ben")
    wait_until(lambda: _gone_back(system), "going back by itself", 60)
    assert "LOG_LEVEL=debug" not in environment(system, leaf)
    assert "looks like a secret" in system.says(f"set {system.name} {leaf} API_TOKEN=hush")
    system.does(f"set {system.name} {leaf} LOG_LEVEL=warning", "ben")
    assert "LOG_LEVEL=warning" in environment(system, leaf)
    system.does(f"set {system.name} {leaf} LOG_LEVEL --reset", "ben")
    assert not [each for each in environment(system, leaf) if each.startswith("LOG_LEVEL")]
    wait_until(lambda: healthy(system, leaf), f"{leaf} healthy again", 60)


def _gone_back(system: System) -> bool:
    told = [payload(card) for card in cards(system.bot.sim)]
    return "succeeded" in [each["state"] for each in told if each["operation"] == "set-back"]


@pytest.mark.covers("D11", "NSAC")
@on("NSAC")
def test_only_what_the_stack_left_over_is_removed(system: System) -> None:
    """An ended one-off of the project goes and is named before; another project's stays. Where the
    stack says how long logs are kept, what is older goes, and what is written stays."""
    project, leaf = system.project, LEAF[system.name]
    image = project.container(leaf).tag
    mine, other = (_ended(name, image) for name in (project.name, f"{project.name}-other"))
    try:
        assert mine[:12] in docker("ps", "--all", "--quiet")
        said = system.says(f"plan prune-docker {system.name}")
        assert docker("inspect", "--format", "{{.Name}}", mine).strip().lstrip("/") in said
        system.does(f"prune-docker {system.name}", *_BOTH)
        left = docker("ps", "--all", "--quiet", "--no-trunc").split()
        assert mine not in left and other in left and project.container(leaf).id in left
    finally:
        docker("rm", other)
    if system.name in LOGS:
        _old_logs_go(system)


def _old_logs_go(system: System) -> None:
    """`LOGS` has of each file how many days old it is, and whether it stays."""
    logs, ages = system.project.folder / "logs", LOGS[system.name]
    logs.mkdir(exist_ok=True)
    for name, (days, _) in ages.items():
        (logs / name).write_text("line\n")
        then = time.time() - days * 86400
        os.utime(logs / name, (then, then))
    system.does(f"prune-logs {system.name}", *_BOTH)
    left = {each.name for each in logs.iterdir()} & set(ages)
    assert left == {name for name, (_, stays) in ages.items() if stays}
    for name in left:
        (logs / name).unlink()


def _ended(project: str, image: str) -> str:
    labels = {
        "com.docker.compose.project": project,
        "com.docker.compose.oneoff": "True",
        "com.docker.compose.service": "once",
    }
    options = [word for key, value in labels.items() for word in ("--label", f"{key}={value}")]
    return docker("create", *options, image).strip()
