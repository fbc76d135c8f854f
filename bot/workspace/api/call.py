"""The arguments of a Web API call, and the description of a method."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from starlette.requests import Request

from bot.workspace.errors import SlackError
from bot.workspace.store.directory import Channel, User
from bot.workspace.store.messages import Stored
from bot.workspace.types import Json
from bot.workspace.workspace import Workspace

JSON_FIELDS = ("blocks", "attachments", "metadata", "view", "files", "unfurls")
TRUE = (True, "true", "True", "1", 1)


@dataclass(frozen=True, slots=True)
class Call:
    """One call: the workspace and the merged arguments of query, form and JSON body."""

    workspace: Workspace
    args: Json

    def text(self, name: str) -> str:
        """A required argument; raises SlackError `invalid_arguments` naming it."""
        value = self.args.get(name)
        if value is None or value == "":
            raise SlackError("invalid_arguments", (f"missing required field: {name}",))
        return str(value)

    def optional(self, name: str) -> str | None:
        """An argument or None."""
        value = self.args.get(name)
        return None if value is None or value == "" else str(value)

    def flag(self, name: str) -> bool:
        """A boolean as Slack reads it."""
        return self.args.get(name) in TRUE

    def require_scope(self, scope: str) -> None:
        """Raises SlackError `missing_scope` where the manifest does not have it."""
        if scope not in self.workspace.manifest.scopes:
            raise SlackError("missing_scope", (f"needed: {scope}",))

    def limit(self, default: int, most: int) -> int:
        """`limit`, at least 1 and no more than `most`; raises SlackError `invalid_limit`."""
        try:
            return max(1, min(most, int(self.args.get("limit") or default)))
        except ValueError as error:
            raise SlackError("invalid_limit") from error

    def channel(self, name: str = "channel", by_name: bool = False) -> Channel:
        """The channel; raises SlackError `channel_not_found`."""
        key = self.text(name)
        found = self.workspace.directory.channel(key)
        if found is None or (found.id != key and not by_name):
            raise SlackError("channel_not_found")
        return found

    def joined_channel(self, by_name: bool = False) -> Channel:
        """The channel, where the bot is a member; else SlackError `not_in_channel`."""
        channel = self.channel(by_name=by_name)
        directory = self.workspace.directory
        if not directory.is_member(channel.id, directory.bot.user_id):
            raise SlackError("not_in_channel")
        return channel

    def open_channel(self, by_name: bool = False) -> Channel:
        """As `joined_channel`, where things can still be said; else SlackError `is_archived`."""
        channel = self.joined_channel(by_name=by_name)
        if channel.is_archived:
            raise SlackError("is_archived")
        return channel

    def user(self, name: str = "user") -> User:
        """The user by id; raises SlackError `user_not_found`."""
        key = self.text(name)
        found = self.workspace.directory.user(key)
        if found is None or found.id != key:
            raise SlackError("user_not_found")
        return found

    def message(self, ts_name: str) -> Stored:
        """A message all members see; raises SlackError `message_not_found`."""
        channel = self.channel()
        found = self.workspace.messages.get(channel.id, self.text(ts_name))
        if found is None or found.visible_to is not None:
            raise SlackError("message_not_found")
        return found

    def own_message(self, refusal: str) -> Stored:
        """A message of the bot at `ts`; raises SlackError `message_not_found` or the refusal."""
        message = self.message("ts")
        if message.author != self.workspace.directory.bot.user_id:
            raise SlackError(refusal)
        return message


Handler = Callable[[Call], Json]


@dataclass(frozen=True, slots=True)
class Method:
    """A method: its handler, calls allowed a minute, the scope it needs, the token it takes."""

    handle: Handler
    per_minute: int
    scope: str | None = None
    token: Literal["bot", "app", "none"] = "bot"


async def read_args(request: Request) -> Json:
    """Query, form and JSON body merged; fields that carry JSON as text are decoded.

    Raises SlackError `invalid_json` or `json_not_object` for a body that is neither.
    """
    args: Json = dict(request.query_params)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        args |= _json_object(await request.body())
    elif kind in ("application/x-www-form-urlencoded", "multipart/form-data"):
        async with request.form() as form:
            args |= {name: value for name, value in form.items() if isinstance(value, str)}
    return {name: _decoded(name, value) for name, value in args.items()}


def _json_object(body: bytes) -> Json:
    if not body.strip():
        return {}
    try:
        parsed = json.loads(body)
    except ValueError as error:
        raise SlackError("invalid_json") from error
    if not isinstance(parsed, dict):
        raise SlackError("json_not_object")
    return parsed


def _decoded(name: str, value: Any) -> Any:
    if name not in JSON_FIELDS or not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value
