"""The five systems, each started once for all rows of the capabilities that are tried on it."""

from collections.abc import Iterator

import pytest

from tests.support.alerted import Alerted, alerted
from tests.support.docker import (
    NEO4J_PASSWORD,
    PASSWORD,
    REDIS_PASSWORD,
    TERMINUS_KEY,
    require_docker,
)
from tests.support.ports import held_ports
from tests.support.prometheus import Watch, watching
from tests.support.releases import releasing, renewed_by
from tests.support.renewing import site
from tests.support.systems import System, operated
from tests.support.tls import fronts
from tests.support.versions import forget_kept, versions

_SECRETS = {
    "relica": {
        "RELICA_PG_PASSWORD": PASSWORD,
        "RELICA_NEO4J_PASSWORD": NEO4J_PASSWORD,
        "RELICA_REDIS_PASSWORD": REDIS_PASSWORD,
    },
    "neurocore": {"NEUROCORE_DB_PASSWORD": PASSWORD},
    "spice-harvester": {"SPICE_TERMINUS_KEY": TERMINUS_KEY},
    "analytics-engine": {"ANALYTICS_POSTGRES_PASSWORD": PASSWORD},
    "arc": {"ARC_POSTGRES_PASSWORD": PASSWORD, "ARC_GRAFANA_TOKEN": "Sesame-grafana-1"},
}
# The guides name no query of their own to be explained.
_QUERIES = {
    "databases": {"sql": "SELECT datname FROM pg_catalog.pg_database WHERE NOT datistemplate"}
}


@pytest.fixture(scope="session")
def system(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[System]:
    """The system that `tests.support.systems.on` names, all of it started through its bot.

    It is shared by the tests of all files here: who changes something of it changes it back.
    """
    name = str(request.param)
    folder = tmp_path_factory.mktemp(name)
    for kept in ("pdfs", "images") if name == "neurocore" else ():
        (folder / "data" / kept).mkdir(parents=True)
    with (
        versions() as brought,
        fronts(folder / "tls") as tls,
        site(folder / "site") as renewable,
        operated(
            name,
            folder,
            _SECRETS[name],
            queries=_QUERIES,
            tls=renewed_by(name, renewable, tls),
            **releasing(name, folder, brought, renewable),
        ) as made,
    ):
        made.does(f"start {name}", "ben")
        yield made
        forget_kept(made.project.name)


@pytest.fixture(scope="session")
def ports() -> Iterator[tuple[int, ...]]:
    """Of the bots, which come one after the other, nginx, Prometheus and Alertmanager."""
    with held_ports(4) as held:
        yield held


@pytest.fixture(scope="session")
def watch(ports: tuple[int, ...], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watch]:
    """A real Prometheus and a real Alertmanager, which tells the bot that listens just then."""
    require_docker()
    folder = tmp_path_factory.mktemp("watch") / "files"
    with watching(folder, f"http://127.0.0.1:{ports[0]}", (ports[2], ports[3])) as made:
        yield made


@pytest.fixture(scope="module")
def beside(
    system: System,
    watch: Watch,
    ports: tuple[int, ...],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Alerted]:
    """A bot of its own beside the system, whose clock only one file of tests turns on."""
    folder = tmp_path_factory.mktemp(f"alerted-{system.name}")
    if system.name == "spice-harvester":
        # A log that is not there yet is looked at from its first line that comes after it is.
        (system.project.folder / "logs").mkdir(exist_ok=True)
        (system.project.folder / "logs" / "bff.log").touch()
    with alerted(system, folder, watch, (ports[0], ports[1])) as made:
        yield made
