"""The five shipped stack files say what their guides say."""

from pathlib import Path

import pytest

from bot.cli import interlock
from playbooks.lines.security import look_through
from playbooks.model.remarks import remarks
from playbooks.model.stack import Stack
from playbooks.model.stack_file import load_stack

_SHIPPED = Path(__file__).parents[3] / "playbooks" / "stacks"
_FILES = sorted(_SHIPPED.glob("*.yaml"))
_LAYERS = {
    "neurocore": [
        {"postgres", "redis", "prometheus", "alertmanager", "loki", "cadvisor", "node-exporter"},
        {"api", "celery-worker", "grafana"},
        {"frontend", "flower"},
    ],
    "spice-harvester": [{"terminusdb"}, {"oms", "funnel"}, {"bff"}],
    "analytics-engine": [
        {"timescaledb", "redis", "azurite"},
        {"database_service", "messaging_service"},
        {
            "business_metadata",
            "calculation_engine_service",
            "demo_config_service",
            "connector_service",
        },
        {"api_gateway", "demo_config_ui"},
    ],
    "arc": [
        {"postgres", "redis", "pulsar", "loki", "jaeger"},
        {"otel-collector", "grafana", "kratos", "unleash", "infisical"},
        {"raymond"},
        {"traefik"},
    ],
}
_ORDINARY = (
    "DELETE /api/items/7 204",
    'INFO "UPDATE" sent to 3 subscribers',
    "dropped 2 packets; insert order kept",
    "SELECT name FROM papers WHERE id = 7",
    "the union of both sets was selected",
    "ERROR could not update items; retrying",
)
_HOSTILE = (
    "GET /search?q=' OR '1'='1",
    "GET /x?id=1 UNION ALL SELECT password FROM users",
    "POST /login user=admin'; DROP TABLE users",
    'GET /y?id=" or "a"="a"',
)


def shipped(name: str) -> Stack:
    return load_stack(_SHIPPED / f"{name}.yaml")


@pytest.mark.parametrize("file", _FILES, ids=lambda file: file.stem)
def test_every_one_passes_the_check(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`stack check` finds nothing wrong, and every datastore is backed up by a schedule."""
    assert interlock(["stack", "check", str(file)]) == 0
    said = capsys.readouterr().out
    assert f"prod/{file.stem} is fine" in said
    assert "is in no schedule" not in said and "without health" not in said


@pytest.mark.parametrize("name", _LAYERS)
def test_layers_are_those_of_the_guide(name: str) -> None:
    """Services start in the guide's order, or in the order that was inferred where it has none."""
    assert [set(layer) for layer in shipped(name).layers()] == _LAYERS[name]


def test_the_five_are_all_there() -> None:
    """One file a system, under the system's name."""
    assert {file.stem for file in _FILES} == {*_LAYERS, "relica"}


def test_injections_are_found_and_ordinary_lines_are_not() -> None:
    """What SPICE HARVESTER looks for wants the shape of an injection, not an SQL word."""
    sought = shipped("spice-harvester").security.sought(["sql-injection"])

    def found(line: str) -> bool:
        return bool(look_through([line], sought, None, str).hits)

    assert [line for line in _HOSTILE if not found(line)] == []
    assert [line for line in _ORDINARY if found(line)] == []


def test_a_blank_on_call_is_said() -> None:
    """Neurocore's guide leaves the on-call's phone blank, and the check says so."""
    assert [line for line in remarks(shipped("neurocore")) if line.startswith("contacts.on-call")]


def test_what_no_schedule_can_keep_is_said() -> None:
    """An RPO that is shorter than the time between two backups is remarked upon."""
    said = "\n".join(remarks(shipped("spice-harvester")))
    assert "objectives.scenarios.database-corruption.rpo is 1h, but backed up are" in said


@pytest.mark.parametrize("name", ["relica", "neurocore", "analytics-engine", "arc"])
def test_what_the_file_itself_promises_its_schedules_keep(name: str) -> None:
    """Objectives that the guide has not, or that backups were made more frequent for."""
    assert [line for line in remarks(shipped(name)) if line.startswith("objectives")] == []
