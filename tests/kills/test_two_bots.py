"""A second bot beside one that lives."""

import pytest

from tests.kills.conftest import Harbors
from tests.support.kills.bots import MortalBot
from tests.support.kills.drive import Person
from tests.support.kills.truth import check_the_end

pytestmark = pytest.mark.slow


def test_a_second_bot_does_not_begin(harbors: Harbors) -> None:
    """It gives up by itself and touches nothing; the first one works on."""
    harbor = harbors.worlds[0]
    harbor.bot.start()
    second = MortalBot(harbor.bot.folder, harbor.sim)
    assert not second.start("never:passed")
    assert second.exit_code() == 1
    assert "Another interlock already works on" in second.log.read_text()
    asked = Person(harbor).asks("backup harbor all")
    assert asked.go_on() == "ended"
    assert asked.state == "succeeded"
    check_the_end(asked, None)
