"""bolt-python, unchanged: AsyncApp with the aiohttp Socket Mode client."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from tests.bot.workspace.test_bolt_sync import BUTTON, MODAL
from tests.support.workspace import Sim

Json = dict[str, Any]


class People:
    """People of the workspace, without blocking the app's event loop."""

    def __init__(self, sim: Sim, http: httpx.AsyncClient) -> None:
        self.sim = sim
        self.http = http

    async def act(self, path: str, **body: Any) -> Json:
        """POST /sim/`path`."""
        answer = await self.http.post(f"/sim/{path}", json=body)
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    async def command(self, text: str) -> Json:
        """Ana types `/ops text` in ops."""
        return await self.act("command", user="ana", channel="ops", command="/ops", text=text)

    async def messages(self, user: str = "ana", **query: str) -> list[Json]:
        """What somebody sees of ops."""
        query |= {"user": user, "channel": "ops"}
        found: list[Json] = (await self.http.get("/sim/messages", params=query)).json()
        return found

    async def until(self, count: int, **query: str) -> list[Json]:
        """The messages once there are `count`."""
        async with asyncio.timeout(30):
            while len(found := await self.messages(**query)) < count:
                await asyncio.sleep(0.01)
        return found


def listen(app: AsyncApp, report: Path) -> None:
    """Registers what an ordinary app does, with ack= and lazy= too."""

    async def acknowledge(ack: Any) -> None:
        await ack()

    async def work(body: Any, client: Any, respond: Any) -> None:
        if body["text"] == "modal":
            await client.views_open(trigger_id=body["trigger_id"], view=MODAL)
        elif body["text"] == "file":
            await client.files_upload_v2(channel=body["channel_id"], file=str(report), title="R")
        elif body["text"] == "card":
            await client.chat_postMessage(channel=body["channel_id"], text="card", blocks=BUTTON)
        else:
            await respond(text="responded")

    app.command("/ops")(ack=acknowledge, lazy=[work])

    @app.action("approve")
    async def approve(ack: Any, body: Any, client: Any) -> None:
        await ack()
        channel = body["channel"]["id"]
        await client.chat_postEphemeral(channel=channel, user=body["user"]["id"], text="noted")
        await client.chat_update(channel=channel, ts=body["message"]["ts"], text="approved")

    @app.view("reason")
    async def reason(ack: Any, view: Any) -> None:
        if len(view["state"]["values"]["why"]["text"]["value"]) < 5:
            await ack(response_action="errors", errors={"why": "longer please"})
            return
        changed = {**MODAL, "title": {"type": "plain_text", "text": "Thanks"}}
        await ack(response_action="update", view=changed)

    @app.event("app_mention")
    async def mentioned(event: Any, say: Any) -> None:
        await say(text="in the thread", thread_ts=event["ts"])

    @app.event("message")
    async def message() -> None:
        """Hears everything."""


@pytest.fixture
async def people(start: Callable[..., Sim], tmp_path: Path) -> AsyncIterator[People]:
    """A workspace with an AsyncApp in it."""
    sim = start()
    secrets = sim.workspace.secrets
    client = AsyncWebClient(
        token=secrets.bot_token,
        base_url=sim.workspace.api_url,
        retry_handlers=[AsyncRateLimitErrorRetryHandler(max_retry_count=2)],
    )
    app = AsyncApp(client=client, signing_secret=secrets.signing_secret)
    report = tmp_path / "report.txt"
    report.write_text("forty-two rows")
    listen(app, report)
    handler = AsyncSocketModeHandler(app, secrets.app_token)
    await handler.connect_async()  # type: ignore[no-untyped-call]
    async with httpx.AsyncClient(base_url=sim.workspace.url, timeout=20) as http:
        yield People(sim, http)
    await handler.close_async()  # type: ignore[no-untyped-call]


async def test_lazy_command_and_button(people: People) -> None:
    """ack= and lazy= work: respond is seen; a press whispers and updates the card."""
    result = await people.command("hello")
    assert (result["status"], result["response"]["text"]) == ("ok", "responded")
    card = (await people.command("card"))["response"]
    pressed = await people.act(
        "press", user="ben", channel="ops", ts=card["ts"], action_id="approve"
    )
    assert pressed["response"]["text"] == "noted"
    seen = await people.until(2, user="ben")
    assert sorted(each["text"] for each in seen) in (["approved", "noted"], ["card", "noted"])


async def test_modal_errors_then_update(people: People) -> None:
    """Errors keep the modal open; response_action update replaces it."""
    view = (await people.command("modal"))["response"]
    submit = {"user": "ana", "view_id": view["id"]}
    refused = await people.act("submit", **submit, values={"why": {"text": "no"}})
    assert refused["errors"] == {"why": "longer please"}
    accepted = await people.act("submit", **submit, values={"why": {"text": "long enough"}})
    assert accepted["status"] == "ok"
    assert accepted["response"]["title"]["text"] == "Thanks"


async def test_thread_reply(people: People) -> None:
    """A mention is answered in its thread."""
    root = await people.act("message", user="ana", channel="ops", text="@interlock hi")
    thread = await people.until(2, thread_ts=root["ts"])
    assert thread[1]["text"] == "in the thread"


async def test_file_upload(people: People) -> None:
    """files_upload_v2 of the async client works."""
    await people.command("file")
    [shared] = await people.until(1)
    content = await people.http.get(f"/sim/files/{shared['files'][0]['id']}")
    assert content.text == "forty-two rows"


async def test_retry_after_429(people: People) -> None:
    """The async rate-limit handler waits and repeats."""
    await people.act("faults", kind="429", method="chat.postMessage", count=1)
    await people.command("card")
    [card] = await people.until(1)
    assert card["text"] == "card"
    calls = people.sim.calls("chat.postMessage")
    assert [call["status"] for call in calls] == [429, 200]


async def test_get_requests_of_the_async_client(people: People) -> None:
    """Arguments in the query string of real GETs are read."""
    client = AsyncWebClient(
        token=people.sim.workspace.secrets.bot_token, base_url=people.sim.workspace.api_url
    )
    posted = await client.chat_postMessage(
        channel="#ops", text="x", metadata={"event_type": "t", "event_payload": {"k": 1}}
    )
    found = await client.conversations_history(channel="C0OPS", include_all_metadata=True)
    assert found["messages"][0]["ts"] == posted["ts"]
    assert found["messages"][0]["metadata"] == {"event_type": "t", "event_payload": {"k": 1}}
    assert (await client.users_info(user="U0ANA"))["user"]["profile"]["title"] == "Operator"
