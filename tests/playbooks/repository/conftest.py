"""Object stores that the tests of this folder share."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import clouds
from tests.support.clouds import Cloud


@pytest.fixture(scope="session")
def s3_service() -> Iterator[Cloud]:
    """S3, as long as the tests go on."""
    with clouds.s3() as cloud:
        yield cloud


@pytest.fixture(scope="session")
def azure_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """Azure Blob Storage, as long as the tests go on."""
    folder: Path = tmp_path_factory.mktemp("azurite")
    with clouds.azure(folder) as cloud:
        yield cloud


@pytest.fixture(params=["s3", "azure"])
def cloud(request: pytest.FixtureRequest) -> Cloud:
    """Each of them."""
    found: Cloud = request.getfixturevalue(f"{request.param}_service")
    return found


@pytest.fixture(autouse=True)
def own_temporary_folder(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Runs of these tests have the same ids each time: their plain copies need a folder apart."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("scratch")))
