"""Certificates renewed on the systems whose guides have some, seen where they are served."""

import pytest

from tests.support.releases import FRONTS
from tests.support.renewing import NAME
from tests.support.systems import System, on
from tests.support.talk import text_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.mark.covers("D18", "RNC")
@on("RNC")
def test_a_certificate_is_renewed_and_served(system: System) -> None:
    """The stack's own script and the restart of who serves it, and then what is served is new."""
    before = system.project.container(FRONTS[system.name])
    request = system.does(f"renew-cert {system.name} site", "ben")
    ended = text_of(system.end_of(request))
    assert f"{NAME} serves a new certificate" in ended, ended
    after = system.project.container(FRONTS[system.name])
    assert after.since != before.since
    assert "site" in system.says(f"certs {system.name}")
