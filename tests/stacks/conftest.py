"""The test systems, each started once for a file of tests."""

from collections.abc import Iterator

import pytest

from tests.support.docker import Project, project


@pytest.fixture(scope="module")
def relica(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Relica's files and containers; nothing of it runs yet."""
    folder = tmp_path_factory.mktemp("relica")
    with project("relica", folder, channel="ops-harbor") as made:
        yield made
