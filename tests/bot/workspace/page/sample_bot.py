"""A small real Bolt app: one subcommand for each thing that the page must be able to show."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.workspace.testing import RunningWorkspace
from tests.bot.workspace.page import sample_blocks as blocks

Handler = Any


def sample_app(workspace: RunningWorkspace) -> AsyncApp:
    """The app, wired to the workspace."""
    client = AsyncWebClient(token=workspace.secrets.bot_token, base_url=workspace.api_url)
    app = AsyncApp(
        client=client,
        signing_secret=workspace.secrets.signing_secret,
        request_verification_enabled=False,
    )
    app.command("/ops")(_command)
    app.action("approve")(_approve)
    app.action("details")(_details)
    app.action("more")(_chosen)
    app.action("assign")(_chosen)
    app.action("deeper")(_deeper)
    app.action("refuse")(_refuse)
    app.action("slow")(_slow)
    app.action("never")(_nothing)
    app.view("stuck")(_nothing)
    app.action("stuck")(_stuck)
    app.view("ask")(_submitted)
    app.view("deeper")(_acknowledge)
    app.event("app_mention")(_mentioned)
    app.event("message")(_nothing)
    return app


@asynccontextmanager
async def connected_bot(workspace: RunningWorkspace) -> AsyncIterator[AsyncApp]:
    """The sample app, connected by Socket Mode for the length of the block."""
    app = sample_app(workspace)
    handler = AsyncSocketModeHandler(app, workspace.secrets.app_token)
    await handler.connect_async()  # type: ignore[no-untyped-call]
    try:
        yield app
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]


async def _command(ack: Handler, command: Handler, client: Handler, respond: Handler) -> None:
    name, _, rest = command["text"].partition(" ")
    channel = command["channel_id"]
    if name == "late":
        return
    await ack()
    if name == "card":
        await client.chat_postMessage(
            channel=channel, text="RESTORE harbor", blocks=blocks.card(command["user_id"])
        )
    elif name == "ask":
        await client.views_open(trigger_id=command["trigger_id"], view=blocks.every_input())
    elif name == "show":
        await client.chat_postMessage(channel=channel, text="gallery", blocks=blocks.gallery())
    elif name == "file":
        await _upload(client, channel)
    elif name == "pace":
        await client.chat_postMessage(channel=channel, text="pace", blocks=blocks.paces())
    elif name == "edit":
        posted = await client.chat_postMessage(channel=channel, text="first words")
        await client.chat_update(channel=channel, ts=posted["ts"], text="second words")
    elif name == "raw":
        await client.chat_postMessage(channel=channel, text=blocks.HOSTILE)
    else:
        await respond(f"You said {rest or name}")


async def _upload(client: Handler, channel: str) -> None:
    await client.files_upload_v2(
        channel=channel,
        initial_comment="What was asked for",
        file_uploads=[
            {"filename": "restore.log", "title": "Restore log", "content": "line\n" * 400},
            {"filename": "square.png", "title": "A square", "content": blocks.PICTURE},
        ],
    )


async def _approve(ack: Handler, body: Handler, client: Handler) -> None:
    await ack()
    message = body["message"]
    await client.chat_update(
        channel=body["channel"]["id"],
        ts=message["ts"],
        text="RESTORE harbor approved",
        blocks=blocks.approved(body["user"]["id"]),
    )
    await client.chat_postMessage(
        channel=body["channel"]["id"],
        thread_ts=message["ts"],
        text=f"Approved by <@{body['user']['id']}>",
    )


async def _refuse(ack: Handler, respond: Handler) -> None:
    await ack()
    await respond("You may not remove this", replace_original=False)


async def _details(ack: Handler, body: Handler, client: Handler) -> None:
    await ack()
    await client.views_open(trigger_id=body["trigger_id"], view=blocks.details())


async def _deeper(ack: Handler, body: Handler, client: Handler) -> None:
    await ack()
    await client.views_push(trigger_id=body["trigger_id"], view=blocks.deeper())


async def _chosen(ack: Handler, action: Handler, respond: Handler) -> None:
    await ack()
    await respond(f"Chosen: {action['selected_option']['value']}", replace_original=False)


async def _submitted(ack: Handler, body: Handler, view: Handler, client: Handler) -> None:
    values = view["state"]["values"]
    reason = values["reason"]["reason"]["value"]
    if len(reason) < 10:
        await ack(response_action="errors", errors={"reason": "Say it in ten letters or more."})
        return
    await ack()
    summary = blocks.summary(values)
    await client.chat_postEphemeral(
        channel="C0OPSHARBOR", user=body["user"]["id"], text=f"Received {summary}"
    )


async def _slow(ack: Handler) -> None:
    await asyncio.sleep(0.4)
    await ack()


async def _stuck(ack: Handler, body: Handler, client: Handler) -> None:
    await ack()
    await client.views_open(trigger_id=body["trigger_id"], view=blocks.stuck())


async def _acknowledge(ack: Handler) -> None:
    await ack()


async def _mentioned(event: Handler, say: Handler) -> None:
    await say(text=f"Hello <@{event['user']}>", thread_ts=event.get("thread_ts", event["ts"]))


async def _nothing() -> None:
    return
