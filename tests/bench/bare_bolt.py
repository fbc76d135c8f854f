"""The peer: a Bolt app that acknowledges and does nothing else. With `dbos`, a DBOS beside it."""

import asyncio
import os
import sys
import tempfile
from pathlib import Path

from dbos import DBOS
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient


async def acknowledge(ack: AsyncAck) -> None:
    await ack("ok")


async def main() -> None:
    client = AsyncWebClient(os.environ["SLACK_BOT_TOKEN"], base_url=os.environ["SLACK_API_URL"])
    app = AsyncApp(client=client)
    app.command("/ops")(acknowledge)
    if "dbos" in sys.argv:
        database = Path(tempfile.mkdtemp()) / "bare.db"
        DBOS(config={"name": "bare", "system_database_url": f"sqlite:///{database}"})
        DBOS.launch()
    await AsyncSocketModeHandler(app, os.environ["SLACK_APP_TOKEN"]).start_async()


if __name__ == "__main__":
    asyncio.run(main())
