"""What every system shows of itself at once."""

import pytest

from tests.support.systems import System, on

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.mark.covers("S4", "RNSAC", only="now, without a trend")
@on("RNSAC")
def test_stats_name_every_running_service(system: System) -> None:
    """Each service that runs has its processor and memory in the table."""
    said = system.says(f"stats {system.name}")
    assert f"prod/{system.name} uses" in said
    assert "unknown:" not in said and "stopped" not in said
