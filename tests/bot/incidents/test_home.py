"""The app's Home tab, by wire."""

from tests.support.bot import Bot, wait_until
from tests.support.incidents import fires, opened
from tests.support.talk import ask, text_of


def test_home_shows_what_somebody_may_see(bot: Bot) -> None:
    """Open incidents, requests that wait, who is on call and what fires; each time anew, and what
    is private only to those in it."""
    sim = bot.sim
    shared = opened(sim, "Everybody sees this --stack harbor")
    secret = opened(sim, "Only ana sees this --stack harbor --private")
    ask(sim, "start harbor api")
    fires(bot, "DiskFull")
    said: str = wait_until(
        lambda: "DiskFull" in (home := text_of(sim.act("home", user="ana"))) and home, "the alert"
    )
    for part in ("Everybody sees this", "Only ana sees this", "On call", "api"):
        assert part in said, said
    others = text_of(sim.act("home", user="eve"))
    assert shared in others and secret not in others
    ask(sim, f"incident resolve {shared}")
    assert shared not in text_of(sim.act("home", user="ana"))
    ask(sim, f"incident resolve {secret}")
