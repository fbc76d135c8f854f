"""What the compose configuration of every system comes to, and who has its ports."""

import pytest
import yaml

from tests.support.docker import PASSWORD, REDIS_PASSWORD, TERMINUS_KEY
from tests.support.systems import System, on
from tests.support.talk import newest_file, text_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
_SECRETS = (PASSWORD, REDIS_PASSWORD, TERMINUS_KEY)


@pytest.mark.covers("S12", "RNSAC", only="the effective configuration without secrets")
@on("RNSAC")
def test_the_effective_configuration_is_composes_own_without_secrets(system: System) -> None:
    """Every service of `docker compose config` is in the file with its image, and no secret is."""
    system.says(f"config {system.name}")
    uploaded = newest_file(system.bot.sim, "ana")
    text = system.bot.sim.http.get(f"/sim/files/{uploaded['id']}").text
    shown = yaml.safe_load(text)["services"]
    own = yaml.safe_load(system.project.compose("config"))["services"]
    assert {n: each["image"] for n, each in shown.items()} == {
        n: each["image"] for n, each in own.items()
    }
    assert not [secret for secret in _SECRETS if secret in text]
