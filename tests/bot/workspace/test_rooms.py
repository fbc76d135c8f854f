"""Channels that come and go, pins, shortcuts, edits and the Home tab of the workspace."""

import pytest

from tests.support.workspace import Sim, eventually


def test_a_private_channel_is_for_those_asked_in(sim: Sim) -> None:
    """Nobody but its creator is in it at first; who is asked in sees it, and once only."""
    made = sim.api("conversations.create", name="secret", is_private=True)["channel"]
    assert made["is_private"] and made["is_group"] and not made["is_channel"]
    assert "secret" not in [c["name"] for c in sim.api("conversations.list")["channels"]]
    private = sim.api("conversations.list", types="private_channel")["channels"]
    assert [each["name"] for each in private] == ["secret"]
    refused = sim.http.get("/sim/messages", params={"user": "ana", "channel": "secret"})
    assert refused.status_code == 404
    assert sim.api("conversations.invite", channel=made["id"], users="U0ANA")["ok"]
    again = sim.api("conversations.invite", channel=made["id"], users="U0ANA")
    assert again["error"] == "already_in_channel"
    assert sim.messages(user="ana", channel="secret") == []


@pytest.mark.parametrize(("delete", "error"), [(False, "is_archived"), (True, "channel_not_found")])
def test_a_channel_ends(sim: Sim, delete: bool, error: str) -> None:
    """The bot hears of it, and nothing can be said there any more."""
    made = sim.api("conversations.create", name="inc-1")["channel"]["id"]
    assert sim.api("conversations.setTopic", channel=made, topic="It burns")["ok"]
    socket = sim.socket()
    sim.act("end_channel", user="ana", channel="inc-1", delete=delete)
    event = socket.frame()["payload"]["event"]
    assert event["type"] == ("channel_deleted" if delete else "channel_archive")
    assert event["channel"] == made
    said = sim.api("chat.postMessage", channel=made, text="hello?")
    assert said["error"] == error
    socket.close()


def test_too_long_topics_are_refused(sim: Sim) -> None:
    """Slack takes 250 characters."""
    refused = sim.api("conversations.setTopic", channel="C0OPS", topic="x" * 251)
    assert refused["error"] == "too_long"


def test_pins_are_told_and_seen(sim: Sim) -> None:
    """A person's pin is an event with the message; the bot's own pin shows, too, and only once."""
    ts = sim.post("Look here")
    socket = sim.socket()
    sim.act("pin", user="ana", channel="ops", ts=ts)
    event = socket.frame()["payload"]["event"]
    assert event["type"] == "pin_added" and event["item"]["message"]["ts"] == ts
    assert sim.messages()[-1]["pinned"]
    assert sim.api("pins.add", channel="C0OPS", timestamp=ts)["error"] == "already_pinned"
    assert sim.api("pins.remove", channel="C0OPS", timestamp=ts)["ok"]
    assert sim.api("pins.remove", channel="C0OPS", timestamp=ts)["error"] == "no_pin"
    assert not sim.messages()[-1]["pinned"]
    socket.close()


def test_people_change_what_is_theirs(sim: Sim) -> None:
    """Edits and deletions of one's own messages are told with what they were before."""
    ts = sim.act("message", user="ana", channel="ops", text="fisrt")["ts"]
    sim.act("edit", user="ana", channel="ops", ts=ts, text="first")
    assert sim.messages()[-1]["text"] == "first" and sim.messages()[-1]["edited"]
    body = {"user": "ben", "channel": "ops", "ts": ts, "text": "mine"}
    assert sim.http.post("/sim/edit", json=body).status_code == 403
    assert sim.http.post("/sim/delete", json=body).status_code == 403
    sim.act("delete", user="ana", channel="ops", ts=ts)
    assert [m for m in sim.messages() if m["ts"] == ts] == []
    gone = sim.api("reactions.get", channel="C0OPS", timestamp=ts)
    assert gone["error"] == "message_not_found"


def test_files_of_people_are_messages(sim: Sim) -> None:
    """A file needs no text; its bytes can be had."""
    sent = sim.act("message", user="ana", channel="ops", files={"log.txt": "one"})
    file = sent["message"]["files"][0]
    assert file["name"] == "log.txt" and file["user"] == "U0ANA"
    assert sim.http.get(f"/sim/files/{file['id']}").text == "one"


def test_a_shortcut_reaches_the_app(sim: Sim) -> None:
    """It carries the message and a trigger for one window; unknown ones are refused by name."""
    ts = sim.act("message", user="ana", channel="ops", text="It burns")["ts"]
    given = {"user": "ben", "channel": "ops", "ts": ts}
    unknown = sim.http.post("/sim/shortcut", json={**given, "callback_id": "nothing"})
    assert unknown.status_code == 404
    assert "open_incident_from_message" in unknown.text
    socket = sim.socket()
    sim.act("shortcut", **given, callback_id="open_incident_from_message", wait=False)
    frame = socket.frame()
    payload = frame["payload"]
    assert payload["type"] == "message_action" and payload["message"]["text"] == "It burns"
    socket.ack(frame)
    view = {
        "type": "modal",
        "title": {"type": "plain_text", "text": "Open"},
        "blocks": [{"type": "divider"}],
    }
    assert sim.api("views.open", trigger_id=payload["trigger_id"], view=view)["ok"]
    assert eventually(lambda: sim.views("ben"), "the window")
    socket.close()


def test_home_is_published(sim: Sim) -> None:
    """Opening it is told to the app; what that publishes is seen, and checked as Slack does."""
    view = {"type": "home", "blocks": [{"type": "divider"}]}
    assert sim.api("views.publish", user_id="U0ANA", view=view)["ok"]
    assert sim.api("views.publish", user_id="U0NOBODY", view=view)["error"] == "user_not_found"
    wrong = {"type": "modal", "blocks": []}
    assert sim.api("views.publish", user_id="U0ANA", view=wrong)["error"] == "invalid_arguments"
