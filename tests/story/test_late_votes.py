"""Votes that come after the request's time is up."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bot.workspace.testing import running_workspace
from tests.support.bot import Bot, bot_beside, wait_until
from tests.support.talk import ask, card_in, ephemeral_to, payload, press, text_of
from tests.support.workspace import Sim

pytestmark = pytest.mark.slow


@pytest.fixture
def impatient(tmp_path: Path) -> Iterator[Bot]:
    """A bot whose requests expire after two seconds."""
    with (
        running_workspace(state=tmp_path / "workspace", rates=False) as workspace,
        httpx.Client(base_url=workspace.url, timeout=20) as http,
        bot_beside(Sim(workspace, http), tmp_path / "bot") as bot,
    ):
        file = tmp_path / "bot" / "interlock.yaml"
        configuration = json.loads(file.read_text())
        configuration["policy"] = [
            {"risk": "CHANGE", "approvals": 1, "from": ["approver"], "expires": "2s"}
        ]
        file.write_text(json.dumps(configuration))
        bot.start()
        yield bot


def test_a_vote_after_expiry_is_refused(impatient: Bot) -> None:
    """The card ends as expired by itself; a press from a page that lags is refused in private,
    counted nowhere, and audited."""
    sim = impatient.sim
    ask(sim, "start harbor")
    asked = card_in(sim, "pending")
    expired = card_in(sim, "expired", payload(asked)["request"])
    assert "*Expired*" in text_of(expired) and "Nothing was done" in text_of(expired)
    press(sim, expired, "approve", "ben")
    wait_until(lambda: ephemeral_to(sim, "ben"), "a private refusal")
    assert "expired" in ephemeral_to(sim, "ben")[-1].lower()
    assert payload(card_in(sim, "expired"))["request"] == payload(asked)["request"]
    audit = ask(sim, "audit harbor", user="dora")
    assert "request.expired" in audit and "vote.refused" in audit
    assert "1 of 1" not in text_of(expired)
