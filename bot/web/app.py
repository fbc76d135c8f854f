"""The bot's own HTTP side: health, metrics, and Slack's requests in HTTP mode."""

from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from slack_bolt.adapter.fastapi.async_handler import AsyncSlackRequestHandler
from slack_bolt.app.async_app import AsyncApp

from bot.web.metrics import Metrics

Health = Callable[[], Awaitable[dict[str, bool]]]


def web_app(health: Health, metrics: Metrics, slack: AsyncApp | None) -> FastAPI:
    """`/healthz` (200 when all is well, else 503, with what is not), `/metrics`, and, given a
    Bolt app, `/slack/events` for commands, interactions and events."""
    app = FastAPI(title="Interlock", docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/healthz")
    async def healthz() -> JSONResponse:
        parts = await health()
        well = all(parts.values())
        return JSONResponse({"ok": well, **parts}, status_code=200 if well else 503)

    @app.get("/metrics")
    async def scrape() -> Response:
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    if slack is not None:
        handler = AsyncSlackRequestHandler(slack)

        @app.post("/slack/events")
        async def events(request: Request) -> Response:
            return await handler.handle(request)

    return app
