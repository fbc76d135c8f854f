"""response_url: five uses, half an hour, ephemeral or for all, replacing and deleting."""

from typing import Any

import httpx
import pytest

from tests.bot.workspace.conftest import Start
from tests.support.workspace import BareSocket, Sim

CARD = [
    {
        "type": "actions",
        "elements": [
            {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}}
        ],
    }
]


def command_url(sim: Sim, socket: BareSocket) -> str:
    """The response_url of an acknowledged command."""
    body = {"user": "ana", "channel": "ops", "command": "/ops", "text": "x", "wait": False}
    sim.act("command", **body)
    frame = socket.frame()
    socket.ack(frame)
    return str(frame["payload"]["response_url"])


def press_payload(sim: Sim, socket: BareSocket, ts: str) -> dict[str, Any]:
    """The payload of ana's press on `go`."""
    sim.act("press", user="ana", channel="ops", ts=ts, action_id="go", wait=False)
    while (frame := socket.frame())["type"] != "interactive":
        socket.ack(frame)
    socket.ack(frame)
    payload: dict[str, Any] = frame["payload"]
    return payload


def test_five_uses_and_no_sixth(sim: Sim) -> None:
    """The sixth answer is refused as used_url and nothing is shown."""
    url = command_url(sim, sim.socket())
    answers = [httpx.post(url, json={"text": str(n)}) for n in range(6)]
    assert [each.status_code for each in answers] == [200] * 5 + [404]
    assert answers[-1].json() == {"ok": False, "error": "used_url"}
    assert [each["text"] for each in sim.messages()] == ["0", "1", "2", "3", "4"]


def test_it_expires(start: Start) -> None:
    """After its life the URL is expired_url; an invented one is invalid_url."""
    sim = start(response_url_seconds=0.0)
    url = command_url(sim, sim.socket())
    assert httpx.post(url, json={"text": "x"}).json()["error"] == "expired_url"
    assert httpx.post(f"{url}0", json={"text": "x"}).json()["error"] == "invalid_url"


def test_ephemeral_by_default_and_in_channel(sim: Sim) -> None:
    """Without response_type only the person sees it; in_channel is for all."""
    url = command_url(sim, sim.socket())
    httpx.post(url, json={"text": "for you"})
    httpx.post(url, json={"text": "for all", "response_type": "in_channel"})
    assert [each["text"] for each in sim.messages("ana")] == ["for you", "for all"]
    assert [each["text"] for each in sim.messages("ben")] == ["for all"]


def test_bad_content_is_refused_by_name(sim: Sim) -> None:
    """Empty and invalid answers have Slack's errors."""
    url = command_url(sim, sim.socket())
    assert httpx.post(url, json={}).json()["error"] == "no_text"
    bad = httpx.post(url, json={"blocks": [{"type": "sparkle"}]})
    assert (bad.status_code, bad.json()["error"]) == (400, "invalid_blocks")
    assert httpx.post(url, content=b"no json").json()["error"] == "invalid_payload"


def test_replace_and_delete_a_message(sim: Sim) -> None:
    """replace_original rewrites the card for all without its old blocks; delete removes it."""
    socket = sim.socket()
    ts = sim.post("card", blocks=CARD, metadata={"event_type": "t", "event_payload": {}})
    payload = press_payload(sim, socket, ts)
    assert payload["message"]["ts"] == ts
    url = payload["response_url"]
    assert httpx.post(url, json={"replace_original": True, "text": "done"}).status_code == 200
    [card] = sim.messages("eve")
    assert (card["ts"], card["text"], card["blocks"]) == (ts, "done", [])
    httpx.post(url, json={"delete_original": True})
    assert sim.messages("eve") == []


def test_replace_and_delete_an_ephemeral(sim: Sim) -> None:
    """The same works for a message that only one person sees, which no API call can edit."""
    socket = sim.socket()
    args = {"channel": "C0OPS", "user": "U0ANA", "text": "psst", "blocks": CARD}
    ts = sim.api("chat.postEphemeral", **args)["message_ts"]
    assert sim.api("chat.update", channel="C0OPS", ts=ts, text="x")["error"] == "message_not_found"
    payload = press_payload(sim, socket, ts)
    assert payload["container"]["is_ephemeral"] is True
    assert "message" not in payload
    httpx.post(payload["response_url"], json={"replace_original": True, "text": "changed"})
    assert [each["text"] for each in sim.messages("ana")] == ["changed"]
    httpx.post(payload["response_url"], json={"delete_original": True})
    assert sim.messages("ana") == []


def test_a_stale_press_is_refused_even_without_waiting(sim: Sim) -> None:
    """A page that does not wait still hears that the button is gone, with what is there."""
    ts = sim.post("card", blocks=CARD)
    body = {"user": "ana", "channel": "ops", "ts": ts, "action_id": "gone", "wait": False}
    answer = sim.http.post("/sim/press", json=body)
    assert answer.status_code == 409
    assert [each["action_id"] for each in answer.json()["actions"]] == ["go"]
    missing = sim.http.post("/sim/press", json={**body, "ts": "1.000000"})
    assert missing.status_code == 404


def test_faults_strike_response_urls_too(sim: Sim) -> None:
    """slow answers late, drop performs and cuts the connection, 500 does nothing."""
    url = command_url(sim, sim.socket())
    sim.act("faults", kind="slow", method="response_url", seconds=0.2)
    assert httpx.post(url, json={"text": "slow"}).elapsed.total_seconds() >= 0.2
    sim.act("faults", kind="drop", method="response_url")
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.post(url, json={"text": "dropped"})
    sim.act("faults", kind="500", method="response_url")
    assert httpx.post(url, json={"text": "never"}).status_code == 500
    assert [each["text"] for each in sim.messages()] == ["slow", "dropped"]
