"""An outbox at work against a workspace."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.outbox_house import House, built


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A workspace that lets calls come at any rate."""
    with built(tmp_path, rates=False) as house:
        yield house


@pytest.fixture
def strict_house(tmp_path: Path) -> Iterator[House]:
    """A workspace with Slack's rate limits."""
    with built(tmp_path, rates=True) as house:
        yield house
