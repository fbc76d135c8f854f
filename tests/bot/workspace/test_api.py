"""The Web API: tokens, arguments, loud strangers, messages, threads, reactions, files, people."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.workspace.api.methods import METHODS
from tests.bot.workspace.conftest import Start
from tests.support.workspace import Sim

META = {"event_type": "interlock.run", "event_payload": {"key": "r-1", "version": 3}}


def test_an_unknown_method_is_loud(sim: Sim, caplog: pytest.LogCaptureFixture) -> None:
    """It answers unknown_method, and log, inspector and /sim/calls show it."""
    assert sim.api("chat.scheduleMessage", channel="C0OPS")["error"] == "unknown_method"
    [call] = sim.calls("chat.scheduleMessage")
    assert call["response"]["error"] == "unknown_method"
    [entry] = sim.http.get("/ui/inspect").json()["entries"]
    assert (entry["direction"], entry["kind"]) == ("in", "chat.scheduleMessage")
    assert "unknown method: chat.scheduleMessage" in caplog.text


@pytest.mark.parametrize(
    ("method", "header", "error"),
    [
        ("auth.test", {}, "not_authed"),
        ("auth.test", {"Authorization": "Bearer xoxb-other"}, "invalid_auth"),
        ("auth.test", {"Authorization": "Bearer xapp-interlock-local"}, "not_allowed_token_type"),
        (
            "apps.connections.open",
            {"Authorization": "Bearer xoxb-interlock-local"},
            "not_allowed_token_type",
        ),
    ],
)
def test_tokens(sim: Sim, method: str, header: dict[str, str], error: str) -> None:
    """Each wrong token has Slack's error; api.test needs none."""
    assert sim.http.post(f"/api/{method}", headers=header).json()["error"] == error
    assert sim.http.post("/api/api.test", data={"foo": "bar"}).json()["args"] == {"foo": "bar"}


def test_a_missing_scope_is_refused(start: Start, tmp_path: Path) -> None:
    """Without the scope in the manifest a method is missing_scope, naming it."""
    manifest = tmp_path / "manifest.json"
    manifest.write_text('{"oauth_config": {"scopes": {"bot": ["commands"]}}}')
    answer = start(manifest=manifest).api("chat.postMessage", channel="C0OPS", text="x")
    assert (answer["error"], answer["needed"], answer["provided"]) == (
        "missing_scope",
        "chat:write",
        "commands",
    )


def test_arguments_of_query_form_and_json_are_merged(sim: Sim) -> None:
    """Query, form with JSON inside, and JSON all work; the token may be an argument."""
    token = sim.workspace.secrets.bot_token
    form = {"token": token, "text": '["not json"]', "blocks": '[{"type": "divider"}]'}
    answer = sim.http.post("/api/chat.postMessage", params={"channel": "C0OPS"}, data=form).json()
    assert answer["ok"], answer
    [message] = sim.messages()
    assert message["text"] == '["not json"]'
    assert message["blocks"][0]["type"] == "divider"
    [call] = sim.calls("chat.postMessage")
    assert "token" not in call["args"]
    empty = sim.http.post(
        "/api/auth.test",
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    assert empty.json()["ok"]
    broken = sim.http.post(
        "/api/auth.test", content=b"{", headers={"Content-Type": "application/json"}
    )
    assert broken.json()["error"] == "invalid_json"


@pytest.mark.parametrize(
    "method",
    sorted(
        set(METHODS)
        - {
            "api.test",
            "auth.test",
            "team.info",
            "apps.connections.open",
            "users.list",
            "bots.info",
            "conversations.list",
        }
    ),
)
def test_a_call_without_arguments_is_refused_by_name(sim: Sim, method: str) -> None:
    """No method falls over an empty call: each answers ok false with a reason."""
    answer = sim.raw_api(method)
    assert answer.status_code == 200
    assert answer.json()["ok"] is False
    assert answer.json()["error"] in ("invalid_arguments", "no_text")


def test_post_update_delete(sim: Sim) -> None:
    """Own messages change and go; metadata stays over an update until `{}` removes it."""
    ts = sim.post("one", metadata=META, blocks=[{"type": "divider"}])
    where = {"channel": "C0OPS", "ts": ts}
    assert sim.api("chat.update", **where, text="two")["ok"]
    [message] = sim.messages()
    assert (message["text"], message["blocks"], message["metadata"]) == ("two", [], META)
    assert message["edited"]["user"] == "U0INTERLK"
    assert sim.api("chat.update", **where, text="three", metadata={})["ok"]
    assert sim.messages()[0]["metadata"] is None
    assert sim.api("chat.update", **where, text="x" * 4001)["error"] == "msg_too_long"
    assert sim.api("chat.update", **where)["error"] == "no_text"
    assert sim.api("chat.delete", **where)["ok"]
    assert sim.messages() == []
    assert sim.api("chat.delete", **where)["error"] == "message_not_found"


def test_messages_of_people_cannot_be_changed(sim: Sim) -> None:
    """Only own messages can be updated and deleted."""
    ts = sim.act("message", user="ana", channel="ops", text="mine")["ts"]
    where = {"channel": "C0OPS", "ts": ts}
    assert sim.api("chat.update", **where, text="x")["error"] == "cant_update_message"
    assert sim.api("chat.delete", **where)["error"] == "cant_delete_message"


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ({"channel": "C0NONE", "text": "x"}, "channel_not_found"),
        ({"channel": "C0OPS", "text": "x", "thread_ts": "1.000001"}, "thread_not_found"),
        (
            {"channel": "C0OPS", "text": "x", "metadata": {"event_type": ""}},
            "invalid_metadata_format",
        ),
        (
            {
                "channel": "C0OPS",
                "text": "x",
                "metadata": {"event_type": "a", "event_payload": {"a": "x" * 9000}},
            },
            "metadata_too_large",
        ),
    ],
)
def test_posts_that_are_refused(sim: Sim, args: dict[str, Any], error: str) -> None:
    """Each refusal has Slack's name and leaves nothing behind."""
    assert sim.api("chat.postMessage", **args)["error"] == error
    assert sim.messages() == []


def test_threads_and_history(sim: Sim) -> None:
    """History has roots, newest first, by cursor; replies are the thread; metadata on request."""
    roots = [sim.post(f"root {n}", metadata=META) for n in range(5)]
    replies = [sim.post(f"reply {n}", thread_ts=roots[0]) for n in range(3)]
    first = sim.api("conversations.history", channel="C0OPS", limit=2)
    assert [each["ts"] for each in first["messages"]] == roots[:2:-1]
    assert first["has_more"] is True
    assert "metadata" not in first["messages"][0]
    cursor = first["response_metadata"]["next_cursor"]
    rest = sim.api(
        "conversations.history", channel="C0OPS", cursor=cursor, include_all_metadata=True
    )
    assert [each["ts"] for each in rest["messages"]] == roots[2::-1]
    assert rest["messages"][0]["metadata"] == META
    assert rest["messages"][-1]["reply_count"] == 3
    between = {"oldest": roots[1], "latest": roots[2], "inclusive": True}
    some = sim.api("conversations.history", channel="C0OPS", **between)
    assert [each["ts"] for each in some["messages"]] == [roots[2], roots[1]]
    thread = sim.api("conversations.replies", channel="C0OPS", ts=roots[0], limit=2)
    assert [each["ts"] for each in thread["messages"]] == [roots[0], *replies[:2]]
    cursor = thread["response_metadata"]["next_cursor"]
    rest = sim.api("conversations.replies", channel="C0OPS", ts=roots[0], cursor=cursor)
    assert [each["ts"] for each in rest["messages"]] == replies[2:]
    none = sim.api("conversations.replies", channel="C0OPS", ts="1.000000")
    assert none["error"] == "thread_not_found"


def test_a_deleted_root_leaves_a_tombstone(sim: Sim) -> None:
    """With replies the root stays as deleted; without the last reply it counts none."""
    root = sim.post("root", metadata=META)
    reply = sim.post("reply", thread_ts=root)
    sim.api("chat.delete", channel="C0OPS", ts=root)
    tombstone, left = sim.messages()
    assert (tombstone["deleted"], tombstone["metadata"], left["ts"]) == (True, None, reply)
    assert sim.api("chat.update", channel="C0OPS", ts=root, text="x")["ok"] is False


def test_ephemerals_are_for_one_person(sim: Sim) -> None:
    """The person sees it in its place, others and the history do not."""
    answer = sim.api("chat.postEphemeral", channel="C0OPS", user="U0ANA", text="psst")
    sim.post("for all")
    assert [each["text"] for each in sim.messages("ana")] == ["psst", "for all"]
    assert [each["text"] for each in sim.messages("ben")] == ["for all"]
    assert len(sim.api("conversations.history", channel="C0OPS")["messages"]) == 1
    stranger = sim.api("chat.postEphemeral", channel="C0OPS", user="U0NOBODY", text="x")
    assert stranger["error"] == "user_not_in_channel"
    where = {"channel": "C0OPS", "message_ts": answer["message_ts"]}
    assert sim.api("chat.getPermalink", **where)["error"] == "message_not_found"


def test_reactions_and_pins(sim: Sim) -> None:
    """Each person reacts once with a name; taking back what is not there is refused."""
    ts = sim.post()
    where = {"channel": "C0OPS", "timestamp": ts}
    assert sim.api("reactions.add", **where, name="eyes")["ok"]
    assert sim.api("reactions.add", **where, name="eyes")["error"] == "already_reacted"
    sim.act("react", user="ana", channel="ops", ts=ts, name=":eyes:")
    got = sim.api("reactions.get", **where)["message"]["reactions"]
    assert got == [{"name": "eyes", "users": ["U0INTERLK", "U0ANA"], "count": 2}]
    assert sim.api("reactions.remove", **where, name="eyes")["ok"]
    assert sim.api("reactions.remove", **where, name="eyes")["error"] == "no_reaction"
    assert sim.api("pins.add", **where)["ok"]
    assert sim.api("pins.add", **where)["error"] == "already_pinned"
    assert sim.api("pins.remove", **where)["ok"]
    assert sim.api("pins.remove", **where)["error"] == "no_pin"


def test_people_and_channels(sim: Sim) -> None:
    """Identity, users, bots, team, channels and their members are as in the seed."""
    me = sim.api("auth.test")
    assert (me["user_id"], me["bot_id"], me["team"]) == ("U0INTERLK", "B0INTERLK", "Harbor")
    assert sim.api("users.info", user="U0BEN")["user"]["real_name"] == "Ben Okafor"
    assert sim.api("users.info", user="ben")["error"] == "user_not_found"
    assert sim.api("bots.info", bot="B0INTERLK")["bot"]["user_id"] == "U0INTERLK"
    assert sim.api("team.info")["team"]["name"] == "Harbor"
    names = [each["name"] for each in sim.api("conversations.list")["channels"]]
    assert names == ["ops", "incidents", "ops-harbor"]
    assert len(sim.api("conversations.members", channel="C0OPS")["members"]) == 6
    made = sim.api("conversations.create", name="inc-1")["channel"]
    assert sim.api("conversations.create", name="inc-1")["error"] == "name_taken"
    assert sim.api("conversations.create", name="No Good")["error"] == "invalid_name_specials"
    again = sim.api("conversations.invite", channel=made["id"], users="U0BEN")
    assert again["error"] == "already_in_channel"
    sim.post("in the new one", channel=made["id"])


def test_direct_messages(sim: Sim) -> None:
    """conversations.open and posting to a user id reach the same direct conversation."""
    opened = sim.api("conversations.open", users="U0ANA")["channel"]["id"]
    answer = sim.api("chat.postMessage", channel="U0ANA", text="psst")
    assert answer["channel"] == opened
    assert [each["text"] for each in sim.messages(channel=opened)] == ["psst"]
    other = sim.http.get("/sim/messages", params={"user": "ben", "channel": opened})
    assert other.status_code == 404
    shown = sim.http.get("/ui/bootstrap", params={"user": "ana"}).json()["channels"][-1]
    assert (shown["name"], shown["is_im"]) == ("interlock", True)


def test_a_file_has_the_announced_length(sim: Sim) -> None:
    """Too few bytes are refused, and an unfinished file cannot be shared or read."""
    asked = sim.api("files.getUploadURLExternal", filename="a b ü.txt", length=4)
    assert httpx.post(asked["upload_url"], content=b"abc").status_code == 400
    files = [{"id": asked["file_id"]}]
    early = sim.api("files.completeUploadExternal", files=files, channel_id="C0OPS")
    assert early["error"] == "file_not_found"
    assert sim.http.get(f"/sim/files/{asked['file_id']}").status_code == 404
    assert httpx.post(asked["upload_url"], content=b"abcd").text == "OK - 4"
    assert sim.api("files.completeUploadExternal", files=files, channel_id="C0OPS")["ok"]
    assert sim.api("files.info", file=asked["file_id"])["file"]["size"] == 4
    assert sim.messages()[0]["files"][0]["name"] == "a b ü.txt"


def test_a_deleted_file_leaves_a_tombstone(sim: Sim) -> None:
    """Its bytes are gone, its message shows a tombstone, and it cannot be deleted twice."""
    asked = sim.api("files.getUploadURLExternal", filename="a.txt", length=4)
    file = asked["file_id"]
    assert sim.api("files.delete", file=file)["error"] == "file_not_found"
    httpx.post(asked["upload_url"], content=b"abcd")
    sim.api("files.completeUploadExternal", files=[{"id": file}], channel_id="C0OPS")
    assert sim.api("files.delete", file=file)["ok"]
    assert sim.messages()[-1]["files"] == [{"id": file, "mode": "tombstone"}]
    assert sim.http.get(f"/sim/files/{file}").status_code == 404
    assert sim.api("files.delete", file=file)["error"] == "file_deleted"
    assert sim.api("files.info", file=file)["error"] == "file_not_found"


def test_a_permalink_opens_the_page_there(sim: Sim) -> None:
    """The link of a reply leads to the page with channel, message and thread."""
    root = sim.post("root")
    reply = sim.post("reply", thread_ts=root)
    link = sim.api("chat.getPermalink", channel="C0OPS", message_ts=reply)["permalink"]
    target = httpx.get(link).headers["location"]
    assert target == f"/?channel=C0OPS&ts={reply}&thread_ts={root}"
