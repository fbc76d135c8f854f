"""The bot killed right after it acknowledged something about an incident."""

import pytest

from tests.support.bot import Bot
from tests.support.incidents import opened, own_channel, shows

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.mark.covers("R4", "S", only="kills between the acknowledgement and the entry")
def test_nothing_acknowledged_is_lost(bot: Bot) -> None:
    """A star and a note are in the timeline once, though the bot died right after taking each."""
    sim = bot.sim
    incident = opened(sim, "Killed again and again --stack harbor --severity P2")
    channel = own_channel(sim, incident)
    said = sim.act("message", user="ben", channel=channel, text="Seen before the kill")["ts"]
    bot.stop()
    bot.start(failpoint="inbox:acked")
    sim.act("react", user="ana", channel=channel, ts=said, name="star")
    bot.died()
    bot.start(failpoint="inbox:acked")
    sim.act(
        "command",
        user="ana",
        channel=channel,
        command="/ops",
        text="incident note typed before the kill",
        wait=False,
    )
    bot.died()
    bot.start()
    timeline = shows(sim, incident, "Seen before the kill", "typed before the kill")
    assert timeline.count("Seen before the kill") == 1
    assert timeline.count("typed before the kill") == 1
