"""The bot's own HTTP side: health, metrics, and Slack's requests in HTTP mode."""

from collections.abc import Awaitable, Callable

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.app.async_app import AsyncApp
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.alerts.intake import LARGEST, Intake
from bot.web.metrics import Metrics

Health = Callable[[], Awaitable[dict[str, bool]]]


def web_app(health: Health, metrics: Metrics, intake: Intake, slack: AsyncApp | None) -> Starlette:
    """`/healthz` (200 when all is well, else 503, with what is not), `/metrics`, `/alerts/NAME` for
    each source of alerts, and, given a Bolt app, `/slack/events` for commands, interactions and
    events."""

    async def healthz(_: Request) -> JSONResponse:
        parts = await health()
        well = all(parts.values())
        return JSONResponse({"ok": well, **parts}, status_code=200 if well else 503)

    async def scrape(_: Request) -> Response:
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    async def alerts(request: Request) -> Response:
        body = await _bounded(request)
        if body is None:
            return JSONResponse({"error": f"more than {LARGEST} bytes"}, status_code=413)
        authorization = request.headers.get("authorization", "")
        answer = await intake.take(request.path_params["name"], authorization, body)
        return JSONResponse(dict(answer.content), status_code=answer.status)

    routes = [
        Route("/healthz", healthz),
        Route("/metrics", scrape),
        Route("/alerts/{name}", alerts, methods=["POST"]),
    ]
    if slack is not None:
        handler = AsyncSlackRequestHandler(slack)

        async def events(request: Request) -> Response:
            return await handler.handle(request)

        routes.append(Route("/slack/events", events, methods=["POST"]))
    return Starlette(routes=routes)


async def _bounded(request: Request) -> bytes | None:
    """The body; None when it is larger than we take."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > LARGEST:
            return None
        parts.append(part)
    return b"".join(parts)
