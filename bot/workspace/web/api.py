"""/api/METHOD: token, faults, rates, the method, and the inspector."""

import asyncio
import logging
import time

from starlette.requests import Request
from starlette.responses import Response

from bot.workspace.api.call import Call, Method, read_args
from bot.workspace.api.methods import METHODS
from bot.workspace.errors import SlackError
from bot.workspace.faults import Fault
from bot.workspace.types import Json
from bot.workspace.web.replies import Dropped, json_reply
from bot.workspace.workspace import Workspace

log = logging.getLogger(__name__)


class ApiRoutes:
    """Answers the Web API."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._scopes = ",".join(sorted(workspace.manifest.scopes))

    async def call(self, request: Request) -> Response:
        """One call of a method, by GET or POST."""
        name = request.path_params["method"]
        try:
            args = await read_args(request)
        except SlackError as error:
            return self._reply(name, {}, error.body())
        token = _token(request, args)
        fault = self._workspace.faults.strike(name)
        if fault is not None and fault.kind == "slow":
            await asyncio.sleep(fault.seconds or 0.0)
        elif fault is not None and fault.kind != "drop":
            return self._broken(name, args, fault)
        limited = self._limited(name, args)
        if limited is not None:
            return limited
        body = self._answer(name, token, args)
        reply = self._reply(name, args, body)
        return Dropped() if fault is not None and fault.kind == "drop" else reply

    def _broken(self, name: str, args: Json, fault: Fault) -> Response:
        if fault.kind == "429":
            return self._too_many(name, args, fault.retry_after(time.monotonic()))
        body = {"ok": False, "error": "internal_error"}
        self._workspace.inspector.called(name, args, 500, body)
        return json_reply(body, 500)

    def _limited(self, name: str, args: Json) -> Response | None:
        method = METHODS.get(name)
        if method is None:
            return None
        wait = self._workspace.rates.retry_after(name, method.per_minute)
        if wait is None and name == "chat.postMessage":
            channel = self._workspace.directory.channel(str(args.get("channel")))
            key = channel.id if channel else str(args.get("channel"))
            wait = self._workspace.rates.post_retry_after(key)
        return None if wait is None else self._too_many(name, args, wait)

    def _too_many(self, name: str, args: Json, wait: int) -> Response:
        body = {"ok": False, "error": "ratelimited"}
        self._workspace.inspector.called(name, args, 429, body)
        return json_reply(body, 429, {"Retry-After": str(wait)})

    def _answer(self, name: str, token: str, args: Json) -> Json:
        method = METHODS.get(name)
        try:
            if method is None:
                log.error("the bot called an unknown method: %s", name)
                raise SlackError("unknown_method", extra={"req_method": name})
            self._admit(method, token)
            with self._workspace.database.transaction():
                return {"ok": True, **method.handle(Call(self._workspace, args))}
        except SlackError as error:
            return error.body()

    def _admit(self, method: Method, token: str) -> None:
        if method.token == "none":
            return
        secrets = self._workspace.settings.secrets
        if not token:
            raise SlackError("not_authed")
        if token not in (secrets.bot_token, secrets.app_token):
            raise SlackError("invalid_auth")
        if token != (secrets.app_token if method.token == "app" else secrets.bot_token):
            raise SlackError("not_allowed_token_type")
        if method.scope and method.scope not in self._workspace.manifest.scopes:
            raise SlackError(
                "missing_scope", extra={"needed": method.scope, "provided": self._scopes}
            )

    def _reply(self, name: str, args: Json, body: Json) -> Response:
        self._workspace.inspector.called(name, args, 200, body)
        return json_reply(body, 200, {"X-OAuth-Scopes": self._scopes})


def _token(request: Request, args: Json) -> str:
    header = request.headers.get("authorization", "")
    given = str(args.pop("token", "") or "")
    return header.removeprefix("Bearer ").strip() if header else given
