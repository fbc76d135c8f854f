"""Fixtures that every test may use."""

import pytest
from hypothesis import HealthCheck, settings

from tests.support import ports

# How long an example takes is the machine's business, and is measured in benchmarks.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture
def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on right now."""
    return ports.free_port()


pytest_plugins = ["tests.support.outside", "tests.support.postgres"]
