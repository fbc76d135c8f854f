"""Every threshold of the shipped stack files, on the systems themselves: measured, or said why."""

import re

import pytest
import yaml

from tests.support.bot import wait_until
from tests.support.systems import System, on

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

# Test systems have no drills; Analytics Engine's Prometheus need not run, and Neurocore's has no
# requests to tell of before somebody makes some.
_NOT_HERE = ("has no `drill`", "Prometheus")
_LISTED = re.compile(r"^• ([\w-]+), (.*)$", re.MULTILINE)


@pytest.mark.covers("R1", "RNSAC", only="every threshold of the shipped file, as it is measured")
@on("RNSAC")
def test_every_threshold_is_measured_or_said(system: System) -> None:
    """`/ops alerts STACK` has a value for each, or all is well; what cannot be had is said with the
    reason. The logs of all services are looked through."""
    described = yaml.safe_load(system.project.stack_file.read_text())

    def listed() -> dict[str, str]:
        return dict(_LISTED.findall(system.says(f"alerts {system.name}")))

    def unmeasured() -> list[str]:
        """Those without a value that should have one. What came up just now is looked at soon."""
        without = [said for said in listed().values() if "not measured" in said]
        return [said for said in without if not any(why in said for why in _NOT_HERE)]

    wait_until(lambda: listed() and not unmeasured(), "everything to be measured", 150)
    found = listed()
    assert set(described["thresholds"]) <= set(found)
    assert any("% free" in said for said in found.values()), found
    assert any(name.startswith("security-") for name in found)
