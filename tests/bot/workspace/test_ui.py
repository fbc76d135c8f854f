"""What the page needs: bootstrap, pages of messages, unread marks, the stream, the guard."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from tests.support.workspace import Sim

Json = dict[str, Any]


@contextmanager
def page(sim: Sim, user: str) -> Iterator[ClientConnection]:
    """The event stream of one person's page."""
    with connect(f"{sim.workspace.url.replace('http', 'ws')}/ui/events?user={user}") as stream:
        yield stream


def heard(stream: ClientConnection, kind: str) -> Json:
    """The next event of that type."""
    event: Json = {}
    while event.get("type") != kind:
        event = json.loads(stream.recv(timeout=10))
    return event


def test_somebody_new_begins_as_the_first_person(sim: Sim) -> None:
    """The page's very first question is answered; a person who is not there is still refused."""
    assert sim.http.get("/ui/bootstrap").json()["me"]["name"] == "ana"
    assert sim.http.get("/ui/bootstrap", params={"user": "zoe"}).status_code == 404


def test_bootstrap(sim: Sim) -> None:
    """Team, people, channels with unread marks, commands of the manifest, the bot's state."""
    sim.post("hello <@U0ANA>")
    found = sim.http.get("/ui/bootstrap", params={"user": "ana"}).json()
    assert found["team"] == {"name": "Harbor"}
    assert found["me"] == {"id": "U0ANA", "name": "ana"}
    assert [each["name"] for each in found["users"]] == [
        "ana",
        "ben",
        "cleo",
        "dora",
        "eve",
        "interlock",
    ]
    ops = found["channels"][0]
    assert (ops["name"], ops["unread"], ops["mentions"]) == ("ops", 1, 1)
    assert found["commands"][0]["command"] == "/ops"
    assert found["bot"] == {"connected": False}


def test_pages_of_messages_and_threads(sim: Sim) -> None:
    """Channel view without replies, oldest first, by `before`; a thread with its root."""
    roots = [sim.post(f"{n}") for n in range(5)]
    replies = [sim.post(f"r{n}", thread_ts=roots[0]) for n in range(3)]

    def read(**query: Any) -> Json:
        query |= {"channel": "C0OPS", "user": "U0ANA"}
        body: Json = sim.http.get("/ui/messages", params=query).json()
        return body

    last = read(limit=2)
    assert [each["ts"] for each in last["messages"]] == roots[3:]
    assert last["has_more"] is True
    first = read(before=roots[3])
    assert [each["ts"] for each in first["messages"]] == roots[:3]
    assert (first["has_more"], first["messages"][0]["reply_count"]) == (False, 3)
    thread = read(thread_ts=roots[0])
    assert [each["ts"] for each in thread["messages"]] == [roots[0], *replies]


def test_unread_goes_and_comes(sim: Sim) -> None:
    """Reading clears the mark, a new message sets it; own messages never do."""
    with page(sim, "ana") as stream:
        ts = sim.post("one")
        assert heard(stream, "unread")["unread"] == 1
        sim.http.post("/ui/read", json={"user": "ana", "channel": "ops", "ts": ts})
        assert heard(stream, "unread")["unread"] == 0
        sim.act("message", user="ben", channel="ops", text="@ana look")
        event = heard(stream, "unread")
        assert (event["unread"], event["mentions"]) == (1, 1)
        sim.act("message", user="ana", channel="incidents", text="own")
    channels = sim.http.get("/ui/bootstrap", params={"user": "ana"}).json()["channels"]
    assert channels[1]["unread"] == 0


def test_the_stream_tells_what_happens(sim: Sim) -> None:
    """Messages, changes, reactions, deletions and the bot's coming reach the page in order."""
    with page(sim, "ana") as stream:
        socket = sim.socket()
        assert heard(stream, "bot")["connected"] is True
        ts = sim.post("one")
        assert heard(stream, "message")["message"]["text"] == "one"
        sim.api("chat.update", channel="C0OPS", ts=ts, text="two")
        assert heard(stream, "message_changed")["message"]["text"] == "two"
        sim.act("react", user="ben", channel="ops", ts=ts, name="eyes")
        assert heard(stream, "reaction")["reactions"][0]["users"] == ["U0BEN"]
        sim.post("reply", thread_ts=ts)
        assert heard(stream, "message_changed")["message"]["reply_count"] == 1
        sim.api("chat.delete", channel="C0OPS", ts=ts)
        assert heard(stream, "message_deleted")["ts"] == ts
        socket.close()
        assert heard(stream, "bot")["connected"] is False


def test_ephemerals_and_failures_reach_only_their_person(sim: Sim) -> None:
    """Ben's page hears nothing of what is shown to ana alone."""
    with page(sim, "ana") as ana, page(sim, "ben") as ben:
        sim.command("status")
        assert "dispatch_failed" in heard(ana, "ephemeral")["message"]["text"]
        assert heard(ana, "failure")["command"] == "/ops"
        sim.post("for all")
        kinds = []
        while (event := json.loads(ben.recv(timeout=10)))["type"] != "message":
            kinds.append(event["type"])
        assert set(kinds) <= {"inspect"}


def test_the_inspector_keeps_what_passed(sim: Sim) -> None:
    """Calls come in and are kept, newest last, as many as asked for."""
    for user in ("U0ANA", "U0BEN", "U0EVE"):
        sim.api("users.info", user=user)
    entries = sim.http.get("/ui/inspect", params={"limit": 2}).json()["entries"]
    assert [each["request"]["user"] for each in entries] == ["U0BEN", "U0EVE"]
    assert entries[0]["direction"] == "in"


@pytest.mark.parametrize("path", ["/sim/reset", "/ui/read"])
def test_foreign_pages_may_not_act(sim: Sim, path: str) -> None:
    """Another site's page, or another name for this address, is refused."""
    sim.post("stays")
    for headers in ({"Origin": "http://evil.example"}, {"Host": "evil.example"}):
        assert sim.http.post(path, json={}, headers=headers).status_code == 403
    assert len(sim.messages()) == 1
    url = f"{sim.workspace.url.replace('http', 'ws')}/ui/events?user=ana"
    with pytest.raises(InvalidStatus), connect(url, origin=Origin("http://evil.example")):
        pass


def test_the_page_is_served(sim: Sim) -> None:
    """`/` is the page; its parts come from /page."""
    assert sim.http.get("/").headers["content-type"].startswith("text/html")
    assert sim.http.get("/page/js/main.js").status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({"user": "zoe", "channel": "ops", "command": "/ops"}, 404, "no_such_user"),
        ({"user": "ana", "channel": "nowhere", "command": "/ops"}, 404, "no_such_channel"),
        ({"user": "ana", "channel": "ops"}, 400, "missing_field"),
    ],
)
def test_mistakes_of_the_caller_are_named(sim: Sim, body: Json, status: int, error: str) -> None:
    """A wrong person, channel or field is answered with what is there."""
    answer = sim.http.post("/sim/command", json=body)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
