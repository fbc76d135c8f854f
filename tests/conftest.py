"""Fixtures that every test may use."""

import pytest

from tests.support import ports


@pytest.fixture
def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on right now."""
    return ports.free_port()


pytest_plugins = ["tests.support.postgres"]
