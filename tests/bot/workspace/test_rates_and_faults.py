"""Rate limits at Slack's pace, and faults on demand."""

import httpx
import pytest

from bot.workspace.api.methods import METHODS
from bot.workspace.rates import POST_BURST
from tests.bot.workspace.conftest import Start
from tests.support.workspace import Sim


def test_posts_are_limited_per_channel(start: Start) -> None:
    """After a small burst a channel gets 429 with Retry-After; another channel is free."""
    sim = start(rates=True)
    for _ in range(POST_BURST):
        sim.post()
    limited = sim.raw_api("chat.postMessage", channel="#ops", text="too much")
    assert limited.status_code == 429
    assert limited.headers["retry-after"] == "1"
    assert limited.json() == {"ok": False, "error": "ratelimited"}
    sim.post(channel="C0INCIDENTS")
    assert len(sim.messages()) == POST_BURST


@pytest.mark.parametrize("method", ["chat.update", "conversations.list", "views.update"])
def test_a_method_is_limited_per_minute(start: Start, method: str) -> None:
    """The tier's number of calls passes, the next one is told to wait up to a minute."""
    sim = start(rates=True)
    allowed = METHODS[method].per_minute
    statuses = [sim.raw_api(method).status_code for _ in range(allowed)]
    assert statuses == [200] * allowed
    limited = sim.raw_api(method)
    assert limited.status_code == 429
    assert 1 <= int(limited.headers["retry-after"]) <= 60
    assert sim.raw_api("auth.test").status_code == 200


def test_rates_can_be_off(sim: Sim) -> None:
    """With rates off nothing is limited."""
    assert [sim.post(str(n)) for n in range(30)]
    assert len(sim.messages()) == 30


def test_429_for_a_while(sim: Sim) -> None:
    """A fault with seconds but no count strikes every call, and tells how long."""
    sim.act("faults", kind="429", method="chat.postMessage", seconds=30)
    for _ in range(3):
        answer = sim.raw_api("chat.postMessage", channel="C0OPS", text="x")
        assert answer.status_code == 429
        assert 25 <= int(answer.headers["retry-after"]) <= 30
    assert sim.api("auth.test")["ok"]
    sim.act("faults", kind="none")
    sim.post("healed")
    assert [each["text"] for each in sim.messages()] == ["healed"]


def test_500_performs_nothing(sim: Sim) -> None:
    """A 500 is no message, and only as often as asked for."""
    sim.act("faults", kind="500", count=2)
    statuses = [sim.raw_api("chat.postMessage", channel="C0OPS", text="x") for _ in range(3)]
    assert [each.status_code for each in statuses] == [500, 500, 200]
    assert len(sim.messages()) == 1


def test_drop_performs_and_never_answers(sim: Sim) -> None:
    """The message is there, the caller sees a cut connection."""
    sim.act("faults", kind="drop", method="chat.postMessage")
    with pytest.raises(httpx.RemoteProtocolError):
        sim.raw_api("chat.postMessage", channel="C0OPS", text="posted")
    assert [each["text"] for each in sim.messages()] == ["posted"]
    assert sim.post("again")


def test_slow_is_slow_once(sim: Sim) -> None:
    """A slow call takes its seconds and then succeeds."""
    sim.act("faults", kind="slow", method="auth.test", seconds=0.3)
    slow, quick = sim.raw_api("auth.test"), sim.raw_api("auth.test")
    assert slow.elapsed.total_seconds() >= 0.3
    assert slow.json()["ok"]
    assert quick.elapsed.total_seconds() < 0.3


def test_an_unknown_fault_is_named(sim: Sim) -> None:
    """A wrong kind is refused with the kinds there are."""
    answer = sim.http.post("/sim/faults", json={"kind": "flood"})
    assert answer.status_code == 400
    assert "429" in answer.json()["kinds"]
