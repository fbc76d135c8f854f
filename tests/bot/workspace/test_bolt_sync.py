"""bolt-python, unchanged: App with the built-in Socket Mode client, and App over signed HTTP."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import httpx
import pytest
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_bolt.adapter.wsgi import SlackRequestHandler
from slack_sdk import WebClient
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

from bot.workspace.testing import running_workspace
from tests.support.ports import free_port
from tests.support.workspace import Sim, eventually

BUTTON = [
    {
        "type": "actions",
        "block_id": "buttons",
        "elements": [
            {
                "type": "button",
                "action_id": "approve",
                "text": {"type": "plain_text", "text": "Approve"},
                "value": "r-1",
            }
        ],
    }
]
MODAL = {
    "type": "modal",
    "callback_id": "reason",
    "title": {"type": "plain_text", "text": "Why"},
    "submit": {"type": "plain_text", "text": "Send"},
    "private_metadata": "C0OPS",
    "blocks": [
        {
            "type": "input",
            "block_id": "why",
            "label": {"type": "plain_text", "text": "Reason"},
            "element": {"type": "plain_text_input", "action_id": "text"},
        }
    ],
}


def listen(app: App, report: Path) -> None:
    """Registers what an ordinary Bolt app does."""

    @app.command("/ops")
    def ops(ack: Any, body: Any, client: Any, respond: Any) -> None:
        if body["text"] == "modal":
            ack()
            client.views_open(trigger_id=body["trigger_id"], view=MODAL)
        elif body["text"] == "file":
            ack()
            client.files_upload_v2(
                channel=body["channel_id"], file=str(report), title="Report", initial_comment="see"
            )
        elif body["text"] == "card":
            ack()
            client.chat_postMessage(channel=body["channel_id"], text="card", blocks=BUTTON)
        else:
            ack("acknowledged")
            respond(text="responded", response_type="in_channel")

    @app.action("approve")
    def approve(ack: Any, body: Any, client: Any, respond: Any) -> None:
        ack()
        channel, user = body["channel"]["id"], body["user"]["id"]
        client.chat_postEphemeral(channel=channel, user=user, text="noted")
        respond(text=f"approved {body['actions'][0]['value']}", replace_original=True)

    @app.view("reason")
    def reason(ack: Any, view: Any, client: Any) -> None:
        text = view["state"]["values"]["why"]["text"]["value"]
        if len(text) < 5:
            ack(response_action="errors", errors={"why": "longer please"})
            return
        ack()
        client.chat_postMessage(channel=view["private_metadata"], text=f"because {text}")

    @app.event("app_mention")
    def mentioned(event: Any, say: Any) -> None:
        say(text="in the thread", thread_ts=event["ts"])

    @app.event("message")
    def message() -> None:
        """Hears everything, its own messages too."""


@contextmanager
def by_socket(app: App, sim: Sim) -> Iterator[None]:
    """Connects through the built-in Socket Mode client."""
    handler = SocketModeHandler(app, sim.workspace.secrets.app_token)
    handler.connect()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        handler.close()  # type: ignore[no-untyped-call]


class QuietHandler(WSGIRequestHandler):
    """Serves without a line a request."""

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


@contextmanager
def by_http(app: App, port: int) -> Iterator[None]:
    """Serves the app's request URL."""
    handler = SlackRequestHandler(app)
    with make_server("127.0.0.1", port, handler, handler_class=QuietHandler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(params=["socket", "http"], scope="module")
def connected(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sim]:
    """A workspace with a Bolt app in it, by either transport; closing a socket takes Bolt 3 s."""
    folder, port = tmp_path_factory.mktemp("bolt"), free_port()
    by_url = request.param == "http"
    settings = {"deliver_to": f"http://127.0.0.1:{port}/slack/events"} if by_url else {}
    (folder / "report.txt").write_text("forty-two rows")
    with running_workspace(folder / "state", rates=False, **settings) as workspace:
        client = WebClient(
            token=workspace.secrets.bot_token,
            base_url=workspace.api_url,
            retry_handlers=[RateLimitErrorRetryHandler(max_retry_count=2)],
        )
        app = App(client=client, signing_secret=workspace.secrets.signing_secret)
        listen(app, folder / "report.txt")
        with httpx.Client(base_url=workspace.url, timeout=20) as http:
            sim = Sim(workspace, http)
            with by_http(app, port) if by_url else by_socket(app, sim):
                eventually(lambda: http.get("/sim/health").json()["ready"], "the bot is there")
                yield sim


@pytest.fixture
def bolt(connected: Sim) -> Sim:
    """The same, afresh."""
    connected.act("reset")
    return connected


def test_command_with_ack_and_respond(bolt: Sim) -> None:
    """The ack's text is for the person alone, respond() in_channel is for all."""
    result = bolt.command("hello")
    assert result["status"] == "ok"
    assert result["response"]["text"] in ("acknowledged", "responded")
    eventually(lambda: len(bolt.messages()) == 2, "the response")
    assert {each["text"] for each in bolt.messages()} == {"acknowledged", "responded"}
    assert [each["text"] for each in bolt.messages(user="ben")] == ["responded"]


def test_button_replaces_the_card_and_whispers(bolt: Sim) -> None:
    """A press reaches the action; the ephemeral is the presser's, the card changes for all."""
    card = bolt.command("card")["response"]
    result = bolt.act("press", user="ben", channel="ops", ts=card["ts"], action_id="approve")
    assert result["status"] == "ok"

    def changed() -> bool:
        return bool(bolt.messages(user="eve")[0]["text"] == "approved r-1")

    eventually(changed, "the card")
    assert bolt.messages(user="eve")[0]["blocks"] == []
    assert [each["text"] for each in bolt.messages(user="ben")] == ["approved r-1", "noted"]
    late = bolt.act("press", user="cleo", channel="ops", ts=card["ts"], action_id="approve")
    assert late["response"]["text"] in ("noted", "approved r-1"), "a page that lags behind"
    never = bolt.http.post(
        "/sim/press",
        json={"user": "ben", "channel": "ops", "ts": card["ts"], "action_id": "launch"},
    )
    assert never.status_code == 409
    assert never.json()["actions"] == []


def test_modal_with_errors_then_accepted(bolt: Sim) -> None:
    """A modal opens as the answer, refuses a short reason, accepts a long one and closes."""
    view = bolt.command("modal")["response"]
    assert view["callback_id"] == "reason"
    values = {"why": {"text": "no"}}
    refused = bolt.act("submit", user="ana", view_id=view["id"], values=values)
    assert (refused["status"], refused["errors"]) == ("errors", {"why": "longer please"})
    assert [each["id"] for each in bolt.views()] == [view["id"]]
    values = {"why": {"text": "long enough"}}
    accepted = bolt.act("submit", user="ana", view_id=view["id"], values=values)
    assert accepted["status"] == "ok"
    assert bolt.views() == []
    eventually(
        lambda: [each["text"] for each in bolt.messages()] == ["because long enough"], "the post"
    )


def test_mention_is_answered_in_the_thread(bolt: Sim) -> None:
    """say(thread_ts=...) lands under the message that mentioned the bot."""
    root = bolt.act("message", user="ana", channel="ops", text="@interlock hello")
    thread = eventually(
        lambda: found if len(found := bolt.messages(thread_ts=root["ts"])) == 2 else None,
        "the reply",
    )
    assert [each["text"] for each in thread] == ["<@U0INTERLK> hello", "in the thread"]
    assert thread[0]["reply_count"] == 1
    assert thread[1]["thread_ts"] == root["ts"]


def test_file_upload_v2(bolt: Sim) -> None:
    """files_upload_v2 shares the very bytes under their name."""
    bolt.command("file")
    shared = eventually(
        lambda: next((each for each in bolt.messages() if each["files"]), None), "the file"
    )
    [file] = shared["files"]
    assert (shared["text"], file["title"], file["name"]) == ("see", "Report", "report.txt")
    content = bolt.http.get(f"/sim/files/{file['id']}")
    assert content.text == "forty-two rows"
    assert content.headers["content-type"].startswith("text/plain")
    assert 'filename="report.txt"' in content.headers["content-disposition"]


def test_ratelimited_call_is_repeated_by_the_retry_handler(bolt: Sim) -> None:
    """A 429 with Retry-After makes the client wait and repeat; one message comes of it."""
    bolt.act("faults", kind="429", method="chat.postMessage", count=1)
    bolt.command("card")
    eventually(lambda: len(bolt.calls("chat.postMessage")) == 2, "the repetition")
    statuses = [call["status"] for call in bolt.calls("chat.postMessage")]
    assert statuses == [429, 200]
    assert [each["text"] for each in bolt.messages()] == ["card"]
