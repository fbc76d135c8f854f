"""The emergency ladder by wire: every rung is proposed when the last one has not helped, has its
own approval, and is known to the next life of the bot."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.bot import Bot
from tests.support.talk import (
    ask,
    card_in,
    new_card,
    payload,
    press,
    run_to_the_end,
    text_of,
)

pytestmark = pytest.mark.slow


def ended(bot: Bot, text: str, state: str, *voters: str) -> dict[str, Any]:
    """Asked by ana, approved by the voters; its card in the end."""
    request = payload(new_card(bot, text))["request"]
    for voter in voters:
        press(bot.sim, card_in(bot.sim, "pending", request), "approve", voter)
    return card_in(bot.sim, state, request, 60)


def break_api(folder: Path, broken: bool) -> None:
    """From its next start on, api ends at once; or no more."""
    file = folder / "service.py"
    line = "if (__import__('pathlib').Path(__file__).parent / 'broken').exists(): sys.exit(3)\n"
    if line not in file.read_text():
        file.write_text(
            file.read_text().replace(
                "import http.server, sys\n", f"import http.server, sys\n{line}"
            )
        )
    mark = folder / "broken"
    mark.touch() if broken else mark.unlink(missing_ok=True)


@pytest.mark.covers("B10", "N", only="roll back is passed over")
def test_rung_by_rung(bot: Bot) -> None:
    """Assess, restart, restore: each asked for only when the last one failed, the reason for
    passing over the roll back is told, and a killed bot knows where it stood."""
    bot.start()
    break_api(bot.folder, broken=False)
    run_to_the_end(bot, "start harbor")
    run_to_the_end(bot, "backup harbor", voters=())
    well = text_of(ended(bot, "emergency harbor", "succeeded"))
    assert "All 2 services of harbor are well." in well
    assert "Next Rung" not in well

    break_api(bot.folder, broken=True)
    run_to_the_end(bot, "stop harbor api")
    (bot.folder / "uploads/one.txt").write_text("damaged")
    assessed = ended(bot, "emergency harbor", "succeeded")
    assert "1 of 2 services is not well. api: it does not run." in text_of(assessed)
    assert "/ops emergency harbor" in text_of(assessed)

    bot.kill()
    bot.start()
    press(bot.sim, assessed, "next", "ana")
    restart = card_in(bot.sim, "pending")
    assert payload(restart)["operation"] == "restart"
    assert f"Request `{payload(restart)['request']}`" in ask(bot.sim, "emergency harbor")
    for voter in ("ben", "cleo"):
        press(bot.sim, card_in(bot.sim, "pending"), "approve", voter)
    failed = card_in(bot.sim, "failed", payload(restart)["request"], 60)
    assert "the next rung is to recover it" in text_of(failed)

    bot.kill()
    bot.start()
    recover = new_card(bot, "emergency harbor")
    assert payload(recover)["operation"] == "recover"
    said = text_of(recover)
    assert (
        "Rolling back is passed over: There is no earlier release of harbor to go back to." in said
    )
    assert f"restart {payload(restart)['request']} failed" in said
    break_api(bot.folder, broken=False)
    for voter in ("ben", "cleo"):
        press(bot.sim, card_in(bot.sim, "pending"), "approve", voter)
    card_in(bot.sim, "succeeded", payload(recover)["request"], 60)
    assert (bot.folder / "uploads/one.txt").read_text() == "one"
    assert "2 of 2 services up" in ask(bot.sim, "status harbor")

    over = ended(bot, "emergency harbor", "succeeded")
    assert payload(over)["operation"] == "assess"
    assert "All 2 services of harbor are well." in text_of(over)
