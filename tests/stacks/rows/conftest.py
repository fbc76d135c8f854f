"""The five systems, each started once for all rows of the capabilities that are tried on it."""

from collections.abc import Iterator

import pytest

from tests.support.docker import NEO4J_PASSWORD, PASSWORD, REDIS_PASSWORD, TERMINUS_KEY
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
    "arc": {"ARC_POSTGRES_PASSWORD": PASSWORD},
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
