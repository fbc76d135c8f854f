"""Analytics Engine by wire: started, filled, backed up, destroyed, restored through approvals."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
import yaml

from playbooks.hosts.containers.helper import helpers
from tests.support.docker import PASSWORD, SHIPPED, Project
from tests.support.holdings import Blobs, Databases, EnvFiles, Holding, Redis, fill
from tests.support.rhythm import keeps_hours, keeps_one_a_day
from tests.support.second_host import recovers_elsewhere
from tests.support.systems import System, comes_back, operated

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

_SECRETS = {"ANALYTICS_POSTGRES_PASSWORD": PASSWORD}
_DATABASE = "multiservice_db"
_USER = "multiservice_user"
_PGBACKREST = {
    "PGBACKREST_PG1_PATH": "/var/lib/postgresql/data",
    "PGBACKREST_REPO1_PATH": "/var/lib/pgbackrest",
    "PGBACKREST_LOG_LEVEL_FILE": "off",
}
_TIDES = """
CREATE EXTENSION IF NOT EXISTS timescaledb;
CREATE TABLE tides (time timestamptz NOT NULL, metres double precision);
SELECT create_hypertable('tides', 'time', chunk_time_interval => interval '1 day');
INSERT INTO tides
  SELECT '2026-01-01T00:00Z'::timestamptz + g * interval '1 hour', 1 FROM generate_series(1, 50) g;
"""
_FILL = """
CREATE EXTENSION IF NOT EXISTS timescaledb;
CREATE TABLE connector_profiles (id bigint PRIMARY KEY, name text, created_at timestamptz);
INSERT INTO connector_profiles
  SELECT g, 'profile ' || g || ' «ß»', '2026-01-01T00:00Z' FROM generate_series(1, 500) g;
CREATE TABLE kpi_data (time timestamptz NOT NULL, kpi int, value double precision);
SELECT create_hypertable('kpi_data', 'time', chunk_time_interval => interval '1 day');
INSERT INTO kpi_data
  SELECT '2026-01-01T00:00Z'::timestamptz + g * interval '5 minutes', g % 7, g / 3.0
  FROM generate_series(1, 2000) g;
"""


@pytest.fixture(scope="module")
def analytics(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """All eleven services, started through the bot, with something in each store."""
    folder = tmp_path_factory.mktemp("analytics")
    with operated("analytics-engine", folder, _SECRETS) as system:
        system.does("start analytics-engine", "ben")
        fill(everything(system.project))
        yield system


def everything(project: Project) -> Sequence[Holding]:
    """All that the system stores."""
    filling = {_DATABASE: _FILL}
    return [
        Databases("timescaledb", project, _USER, filling, _destroyed, "timescaledb"),
        Redis("redis", project),
        Blobs("azurite", project),
        EnvFiles("configuration", project.folder),
    ]


@pytest.mark.covers("D1", "A", only="starting all of it in layers")
@pytest.mark.covers("S1", "A", only="state, health and since when")
@pytest.mark.covers("S2", "A", only="once, by a field of JSON and by container")
def test_all_eleven_services_are_up(analytics: System) -> None:
    """Each service says `healthy` at its own address."""
    said = analytics.says("status analytics-engine")
    assert "prod/analytics-engine: 11 of 11 services up" in said


@pytest.mark.covers("B1 B2 B8 G1", "A")
def test_what_was_destroyed_comes_back(analytics: System) -> None:
    """Rows of a hypertable deleted, a table dropped, Redis flushed, blobs lost: each store equals
    what was backed up."""
    comes_back(analytics, "backup analytics-engine full", everything(analytics.project), ["ben"])


@pytest.mark.covers("B4", "A")
def test_old_backups_are_let_go(analytics: System) -> None:
    """Of several of one day the last one stays, as its retention has it, and so do all others."""
    keeps_one_a_day(analytics, "configuration")


@pytest.mark.covers("B7", "A")
def test_any_moment_comes_back(analytics: System) -> None:
    """With the archive that its file offers: rows and a chunk of a hypertable that were there after
    the backup and are gone come back as of a moment, through two approvals. No helper is left."""
    project = analytics.project
    held = Databases("timescaledb", project, _USER, {_DATABASE: _TIDES}, _ebb, "timescaledb")
    with archiving(analytics):
        held.fill()
        analytics.does("backup analytics-engine timescaledb")
        held.run(_DATABASE, "INSERT INTO tides SELECT time + interval '9 days', 2 FROM tides;\n")
        whole, then = held.content(), held.clock(_DATABASE)
        held.destroy()
        assert held.content() != whole
        analytics.does(f"restore analytics-engine timescaledb {then.isoformat()}", "ben", "cleo")
        assert held.content() == whole
    assert helpers() == {}


@contextmanager
def archiving(system: System) -> Iterator[None]:
    """The server as the guide wants it, which archives its log, and the stack file's line for that;
    afterwards the file is as it was, for the bot's next life."""
    project, bot = system.project, system.bot
    shipped = (SHIPPED / project.stack_file.name).read_text()
    [line] = re.findall(r"# archive: (\{tool: pgbackrest, stanza: .+\})", shipped)
    archive = yaml.safe_load(line)
    composed = yaml.safe_load((project.folder / "compose.yaml").read_text())
    server = composed["services"]["timescaledb"]
    push = f"archive_command=pgbackrest --stanza={archive['stanza']} archive-push %p"
    server["command"] += ["-c", "archive_mode=on", "-c", push]
    server["environment"] |= _PGBACKREST
    server["volumes"].append(f"archive:{_PGBACKREST['PGBACKREST_REPO1_PATH']}")
    composed["volumes"]["archive"] = {}
    (project.folder / "compose.yaml").write_text(yaml.safe_dump(composed, sort_keys=False))
    usual = project.stack_file.read_text()
    described = yaml.safe_load(usual)
    described["datastores"]["timescaledb"]["archive"] = archive
    project.stack_file.write_text(yaml.safe_dump(described, sort_keys=False))
    bot.kill()
    project.compose("up", "--detach", "--wait", "timescaledb")
    bot.start()
    try:
        yield
    finally:
        project.stack_file.write_text(usual)


@pytest.mark.covers("B3 B11 B12 B13", "A")
def test_a_night_and_the_morning_after(analytics: System) -> None:
    """At the hours of the shipped file: the backup makes itself, the drill restores every store in
    a throwaway place and times it, and one message proves it."""
    keeps_hours(analytics, "database", "ben")


@pytest.mark.covers("B9", "A")
def test_all_of_it_is_recovered_on_another_host(analytics: System) -> None:
    """The host is lost with containers, volumes, backups and the bot's memory. On another one, that
    has the stack file, the compose file and its variables, one request brings all of it back from
    the copy off site, and it is well."""
    recovers_elsewhere(analytics, "full", everything, _SECRETS, ["ben"])


def _ebb(databases: Databases) -> None:
    databases.run(
        _DATABASE,
        "DELETE FROM tides WHERE metres = 1;\n"
        "SELECT drop_chunks('tides', older_than => '2026-01-12'::timestamptz);\n",
    )


def _destroyed(databases: Databases) -> None:
    databases.run(
        _DATABASE, "DELETE FROM kpi_data WHERE kpi = 3;\nDROP TABLE connector_profiles;\n"
    )
