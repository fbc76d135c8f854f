"""Who may talk to the control interface: this machine, and no foreign web page.

/sim and /ui have no login. A page of another site open in the same browser must not press
buttons here, so the Host has to be one of ours and an Origin, where there is one, the same.
"""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.workspace.web.replies import json_reply

LOCAL_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
ANY_ADDRESS = frozenset({"0.0.0.0", "::", ""})
GUARDED = ("/sim", "/ui")


class Guard:
    """Refuses foreign hosts and origins on the guarded paths."""

    def __init__(self, app: ASGIApp, host: str) -> None:
        self._app = app
        self._names = None if host in ANY_ADDRESS else LOCAL_NAMES | {host}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes on what is ours."""
        free = scope["type"] == "lifespan" or not scope["path"].startswith(GUARDED)
        if free or self._ours(Headers(scope=scope)):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            message = "only this machine, by its own address, may use /sim and /ui"
            refusal = json_reply({"error": "foreign_origin", "message": message}, 403)
            await refusal(scope, receive, send)

    def _ours(self, headers: Headers) -> bool:
        host = headers.get("host", "")
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != host:
            return False
        return self._names is None or urlsplit(f"//{host}").hostname in self._names
