"""Addresses that Slack hands out: response_url, upload URLs, permalinks, the socket."""

import asyncio
import json
import re
import time
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.websockets import WebSocket

from bot.workspace.acts.responding import respond
from bot.workspace.errors import SlackError
from bot.workspace.types import Json
from bot.workspace.web.replies import Dropped, json_reply
from bot.workspace.workspace import Workspace

GONE = ("used_url", "expired_url", "invalid_url")
PERMALINK_TS = re.compile(r"p(\d{10})(\d{6})")


class HookRoutes:
    """Answers on the addresses that were handed out."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    async def socket(self, websocket: WebSocket) -> None:
        """A Socket Mode connection."""
        await self._workspace.sockets.serve(websocket, websocket.query_params.get("ticket", ""))

    async def respond(self, request: Request) -> Response:
        """A response_url: 404 when it is used up, expired or unknown."""
        fault = self._workspace.faults.strike("response_url")
        if fault is not None and fault.kind == "slow":
            await asyncio.sleep(fault.seconds or 0.0)
        elif fault is not None and fault.kind != "drop":
            status = 429 if fault.kind == "429" else 500
            wait = str(fault.retry_after(time.monotonic()))
            return json_reply({"ok": False, "error": "fault"}, status, {"Retry-After": wait})
        args: Json = {}
        body: Json = {"ok": True}
        try:
            args = await _response_body(request)
            with self._workspace.database.transaction():
                url = self._workspace.response_urls.redeem(request.path_params["url_id"])
            respond(self._workspace, url, args)
        except SlackError as error:
            body = error.body()
        status = _response_status(body)
        self._workspace.inspector.called("response_url", args, status, body)
        dropped = fault is not None and fault.kind == "drop"
        return Dropped() if dropped else json_reply(body, status)

    async def upload(self, request: Request) -> Response:
        """The bytes of a file whose upload URL was asked for."""
        file = self._workspace.files.get(request.path_params["file_id"])
        if file is None or file.state != "asked":
            return Response("not found", 404)
        written = await _write_upload(request, self._workspace, file.id)
        if written != file.length:
            return Response(f"expected {file.length} bytes, got {written}", 400)
        self._workspace.files.change(file.id, "uploaded", file.body)
        self._workspace.inspector.called(
            "upload", {"file": file.id, "bytes": written}, 200, {"ok": True}
        )
        return Response(f"OK - {written}")

    async def permalink(self, request: Request) -> Response:
        """Opens the page at a message."""
        match = PERMALINK_TS.fullmatch(request.path_params["message"])
        if match is None:
            return Response("not found", 404)
        channel, ts = request.path_params["channel"], f"{match[1]}.{match[2]}"
        thread = request.query_params.get("thread_ts", "")
        target = f"/?channel={quote(channel)}&ts={ts}"
        return RedirectResponse(target + (f"&thread_ts={quote(thread)}" if thread else ""))


async def _response_body(request: Request) -> Json:
    text = await request.body()
    if "urlencoded" in request.headers.get("content-type", ""):
        async with request.form() as form:
            text = str(form.get("payload", "{}")).encode()
    try:
        parsed = json.loads(text or b"{}")
    except ValueError as error:
        raise SlackError("invalid_payload") from error
    if not isinstance(parsed, dict):
        raise SlackError("invalid_payload")
    return parsed


def _response_status(body: Json) -> int:
    if body["ok"]:
        return 200
    return 404 if body["error"] in GONE else 400


async def _write_upload(request: Request, workspace: Workspace, file_id: str) -> int:
    path = workspace.files.path(file_id)
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        async with request.form() as form:
            for part in form.values():
                if not isinstance(part, str):
                    return path.write_bytes(await part.read())
        return 0
    written = 0
    with path.open("wb") as target:
        async for chunk in request.stream():
            written += target.write(chunk)
    return written
