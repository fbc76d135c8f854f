"""Object stores that the tests of this folder share."""

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
