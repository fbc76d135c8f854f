"""Answers of routes: JSON, errors, faults and the dropped connection."""

import json
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from bot.workspace.errors import SimError
from bot.workspace.types import Json

TRANSPORT = "interlock.transport"
Endpoint = Callable[[Request], Awaitable[Response]]


def json_reply(body: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON response."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Response(text, status, headers, media_type="application/json")


class Dropped(Response):
    """No answer at all: the connection is cut."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Aborts the transport and waits until the server has noticed; nothing is sent."""
        del send
        scope[TRANSPORT].abort()
        while (await receive())["type"] != "http.disconnect":
            pass


async def read_object(request: Request) -> Json:
    """The JSON object of a /sim or /ui request; raises SimError 400."""
    body = await request.body()
    try:
        parsed = json.loads(body or b"{}")
    except ValueError as error:
        raise SimError(400, "invalid_json", f"the body is not JSON: {error}") from error
    if not isinstance(parsed, dict):
        raise SimError(400, "invalid_json", "the body is no JSON object")
    return parsed


def needed(body: Json, name: str) -> str:
    """A required text field; raises SimError 400 naming it."""
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise SimError(400, "missing_field", f"give {name!r} as text", given=sorted(body))
    return value


def guarded(endpoint: Endpoint) -> Endpoint:
    """Turns a SimError into its JSON answer."""

    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except SimError as error:
            return json_reply(error.body(), error.status)

    return answer
