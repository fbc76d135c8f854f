"""/sim: the control interface for tests, scripts and the page."""

import asyncio
from collections.abc import Coroutine
from typing import Any, get_args

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from bot.workspace.acts.acting import person, place, result
from bot.workspace.acts.commands import Typed, run_command
from bot.workspace.acts.homes import open_home, pressed_view
from bot.workspace.acts.presses import Pressed, press_message, press_view
from bot.workspace.acts.shortcuts import run_shortcut
from bot.workspace.acts.speaking import Said, delete, edit, pin, post, react, seen_message
from bot.workspace.acts.submissions import open_view, submit
from bot.workspace.errors import SimError
from bot.workspace.faults import FaultKind
from bot.workspace.shapes import shown
from bot.workspace.store.messages import Stored
from bot.workspace.types import Json
from bot.workspace.web.replies import json_reply, needed, read_object
from bot.workspace.workspace import Workspace

EVERYTHING = 1_000_000
FAR_FUTURE = "9999999999.999999"


class SimRoutes:
    """Acts as people do, shows what they see, and breaks things."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._running: set[asyncio.Task[Json]] = set()

    async def _act(self, body: Json, act: Coroutine[Any, Any, Json]) -> Response:
        if body.get("wait", True):
            return json_reply(await act)
        task = asyncio.create_task(act)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        # One turn of the loop takes the act to its delivery, so that mistakes still answer here.
        await asyncio.sleep(0)
        return json_reply(task.result() if task.done() else result("sent", None, None))

    async def command(self, request: Request) -> Response:
        """POST /sim/command `{user, channel, command, text}`."""
        body = await read_object(request)
        user = person(self._workspace, needed(body, "user"))
        channel = place(self._workspace, needed(body, "channel"), user)
        typed = Typed(user, channel, needed(body, "command"), str(body.get("text") or ""))
        return await self._act(body, run_command(self._workspace, typed))

    async def message(self, request: Request) -> Response:
        """POST /sim/message `{user, channel, text, thread_ts?, files?}` gives `{ok, ts, message}`.

        `files` are texts by the names of their files; with one of them `text` may be empty.
        """
        body = await read_object(request)
        user = person(self._workspace, needed(body, "user"))
        channel = place(self._workspace, needed(body, "channel"), user)
        files = _files(body)
        text = str(body.get("text") or "") if files else needed(body, "text")
        said = Said(text, body.get("thread_ts") or None, files)
        message = post(self._workspace, user, channel, said)
        seen = shown(message, self._workspace.directory)
        return json_reply({"ok": True, "ts": message.ts, "message": seen})

    async def react(self, request: Request) -> Response:
        """POST /sim/react `{user, channel, ts, name, remove?}`."""
        body = await read_object(request)
        user = person(self._workspace, needed(body, "user"))
        where, ts, name = (needed(body, field) for field in ("channel", "ts", "name"))
        react(self._workspace, user, where, ts, name, add=not body.get("remove"))
        return json_reply({"ok": True})

    async def press(self, request: Request) -> Response:
        """POST /sim/press `{user, channel, ts, action_id, value?}`, or `view_id` for a view.

        `block_id` chooses among equal action ids; `values` are the other fields of the message
        or view, by block_id and action_id.
        """
        body = await read_object(request)
        user = person(self._workspace, needed(body, "user"))
        pressed = Pressed(
            needed(body, "action_id"), body.get("block_id"), body.get("value"), _values(body)
        )
        if body.get("view_id"):
            view = pressed_view(self._workspace, user, needed(body, "view_id"))
            return await self._act(body, press_view(self._workspace, user, view, pressed))
        channel = place(self._workspace, needed(body, "channel"), user)
        act = press_message(self._workspace, user, channel, needed(body, "ts"), pressed)
        return await self._act(body, act)

    async def views(self, request: Request) -> Response:
        """GET /sim/views?user=: a list of open modals, the topmost last."""
        user = person(self._workspace, _query(request, "user"))
        return json_reply(self._workspace.modals.stack(user.id))

    async def submit(self, request: Request) -> Response:
        """POST /sim/submit `{user, view_id, values}`."""
        body = await read_object(request)
        user = person(self._workspace, needed(body, "user"))
        view = open_view(self._workspace, user, needed(body, "view_id"))
        return await self._act(body, submit(self._workspace, user, view, _values(body)))

    async def home(self, request: Request) -> Response:
        """POST /sim/home `{user}` gives `{status, blocks}`."""
        body = await read_object(request)
        user = person(self._workspace, needed(body, "user"))
        return await self._act(body, open_home(self._workspace, user))

    async def shortcut(self, request: Request) -> Response:
        """POST /sim/shortcut `{user, channel, ts, callback_id}`, from the menu of a message."""
        body = await read_object(request)
        user = person(self._workspace, needed(body, "user"))
        where, ts, callback = (needed(body, name) for name in ("channel", "ts", "callback_id"))
        message = seen_message(self._workspace, user, where, ts)
        channel = place(self._workspace, where, user)
        act = run_shortcut(self._workspace, user, channel, message, callback)
        return await self._act(body, act)

    async def pin(self, request: Request) -> Response:
        """POST /sim/pin `{user, channel, ts, remove?}`."""
        body = await read_object(request)
        user = person(self._workspace, needed(body, "user"))
        where, ts = needed(body, "channel"), needed(body, "ts")
        pin(self._workspace, user, where, ts, pinned=not body.get("remove"))
        return json_reply({"ok": True})

    async def edit(self, request: Request) -> Response:
        """POST /sim/edit `{user, channel, ts, text}`, of one's own message."""
        body = await read_object(request)
        user = person(self._workspace, needed(body, "user"))
        where, ts, text = (needed(body, name) for name in ("channel", "ts", "text"))
        edit(self._workspace, user, where, ts, text)
        return json_reply({"ok": True})

    async def delete(self, request: Request) -> Response:
        """POST /sim/delete `{user, channel, ts}`, of one's own message."""
        body = await read_object(request)
        user = person(self._workspace, needed(body, "user"))
        delete(self._workspace, user, needed(body, "channel"), needed(body, "ts"))
        return json_reply({"ok": True})

    async def end_channel(self, request: Request) -> Response:
        """POST /sim/end_channel `{user, channel, delete?}`: archives a channel, or deletes it."""
        body = await read_object(request)
        user = person(self._workspace, needed(body, "user"))
        channel = place(self._workspace, needed(body, "channel"), user)
        self._workspace.conversation.end(channel, user.id, delete=bool(body.get("delete")))
        return json_reply({"ok": True})

    async def messages(self, request: Request) -> Response:
        """GET /sim/messages?channel=&user=&thread_ts=: a list, oldest first."""
        user = person(self._workspace, _query(request, "user"))
        channel = place(self._workspace, _query(request, "channel"), user)
        thread_ts = request.query_params.get("thread_ts")
        store = self._workspace.messages
        if thread_ts:
            found = store.thread_seen_by(channel.id, user.id, thread_ts, FAR_FUTURE, EVERYTHING)
            root = store.get(channel.id, thread_ts)
            found += [root] if root else []
        else:
            found = store.seen_by(channel.id, user.id, FAR_FUTURE, EVERYTHING)
        return json_reply(self._shown(found))

    def _shown(self, newest_first: list[Stored]) -> list[Json]:
        return [shown(each, self._workspace.directory) for each in reversed(newest_first)]

    async def health(self, request: Request) -> Response:
        """GET /sim/health `{ready, bot, stack}`; POST `{"stack": true}` by the supervisor."""
        health = self._workspace.health
        if request.method == "POST":
            health.stack = bool((await read_object(request)).get("stack"))
        bot = await self._workspace.transport.bot_is_there()
        return json_reply({"ready": bot and health.stack, "bot": bot, "stack": health.stack})

    async def file(self, request: Request) -> Response:
        """GET /sim/files/ID: the bytes, with type and name."""
        file = self._workspace.files.get(request.path_params["file_id"])
        if file is None or file.state in {"asked", "deleted"}:
            raise SimError(404, "no_such_file", "there is no such file")
        inline = file.body["mimetype"].startswith("image/")
        return FileResponse(
            self._workspace.files.path(file.id),
            media_type=file.body["mimetype"],
            filename=file.body["name"],
            content_disposition_type="inline" if inline else "attachment",
        )

    async def faults(self, request: Request) -> Response:
        """POST /sim/faults `{method?, kind, count?, seconds?}`; `{"kind": "none"}` heals all."""
        body = await read_object(request)
        kind = str(body.get("kind"))
        if kind == "none":
            self._workspace.faults.clear()
        elif kind not in get_args(FaultKind):
            kinds = [*get_args(FaultKind), "none"]
            raise SimError(400, "no_such_fault", f"there is no fault {kind!r}", kinds=kinds)
        else:
            await self._arm(kind, body)
        return json_reply({"ok": True})

    async def _arm(self, kind: Any, body: Json) -> None:
        seconds, count = body.get("seconds"), body.get("count")
        if kind == "disconnect":
            await self._workspace.sockets.disconnect(float(seconds or 0))
        elif kind == "refresh":
            await self._workspace.sockets.refresh()
        else:
            self._workspace.faults.add(
                kind,
                body.get("method"),
                int(count) if count is not None else None,
                float(seconds) if seconds is not None else None,
            )

    async def calls(self, request: Request) -> Response:
        """GET /sim/calls?method=: the calls the bot made, newest last."""
        return json_reply(self._workspace.inspector.calls(request.query_params.get("method")))

    async def reset(self, request: Request) -> Response:
        """POST /sim/reset: nothing was said, nothing is broken."""
        await read_object(request)
        self._workspace.reset()
        return json_reply({"ok": True})


def _files(body: Json) -> dict[str, bytes]:
    given = body.get("files") or {}
    if not isinstance(given, dict):
        raise SimError(400, "bad_files", "give files as {name: text}")
    return {str(name): str(text).encode() for name, text in given.items()}


def _values(body: Json) -> Json:
    values = body.get("values") or {}
    if not isinstance(values, dict) or not all(isinstance(each, dict) for each in values.values()):
        raise SimError(400, "bad_values", "give values as {block_id: {action_id: value}}")
    return values


def _query(request: Request, name: str) -> str:
    value = request.query_params.get(name)
    if not value:
        raise SimError(400, "missing_parameter", f"give ?{name}=")
    return value
