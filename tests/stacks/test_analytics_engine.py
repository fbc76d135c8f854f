"""Analytics Engine by wire: started, filled, backed up, destroyed, restored through approvals."""

from collections.abc import Iterator, Sequence

import pytest

from tests.support.docker import PASSWORD
from tests.support.holdings import Blobs, Databases, EnvFiles, Holding, Redis
from tests.support.rhythm import keeps_hours, lets_go
from tests.support.systems import System, comes_back, operated, recovers

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

_DATABASE = "multiservice_db"
_FILL = """
CREATE EXTENSION timescaledb;
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
    """All eleven services, started through the bot."""
    folder = tmp_path_factory.mktemp("analytics")
    secrets = {"ANALYTICS_POSTGRES_PASSWORD": PASSWORD}
    with operated("analytics-engine", folder, secrets) as system:
        system.does("start analytics-engine", "ben")
        yield system


@pytest.fixture(scope="module")
def holdings(analytics: System) -> Sequence[Holding]:
    """Everything that the system stores."""
    project = analytics.project
    filling = {_DATABASE: _FILL}
    return [
        Databases("timescaledb", project, "multiservice_user", filling, _destroyed, "timescaledb"),
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
def test_what_was_destroyed_comes_back(analytics: System, holdings: Sequence[Holding]) -> None:
    """Rows of a hypertable deleted, a table dropped, Redis flushed, blobs lost: each store equals
    what was backed up."""
    comes_back(analytics, "backup analytics-engine full", holdings, ["ben"])


@pytest.mark.covers("B4", "A")
def test_old_backups_are_let_go(analytics: System) -> None:
    """Those of weeks ago that its retention lets go are named with the reason, approved, and gone;
    every other one stays."""
    lets_go(analytics, "configuration")


@pytest.mark.covers("B3 B11 B13", "A")
def test_a_night_and_the_morning_after(analytics: System) -> None:
    """At the hours of the shipped file: the backup makes itself, the drill restores every store in
    a throwaway place and times it, and one message proves it."""
    keeps_hours(analytics, "database")


@pytest.mark.covers("B9", "A", only="on the same host")
def test_all_of_it_is_recovered(analytics: System, holdings: Sequence[Holding]) -> None:
    """Containers, volumes and folders gone: one request brings all of it back, and it is well."""
    recovers(analytics, "full", holdings, ["ben"])
    said = analytics.says("status analytics-engine")
    assert "prod/analytics-engine: 11 of 11 services up" in said


def _destroyed(databases: Databases) -> None:
    databases.run(
        _DATABASE, "DELETE FROM kpi_data WHERE kpi = 3;\nDROP TABLE connector_profiles;\n"
    )
