"""/ui: what the page reads, and the stream of news it listens to."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.workspace.acts.acting import person, place
from bot.workspace.acts.submissions import close, open_view
from bot.workspace.errors import SimError
from bot.workspace.shapes import shown
from bot.workspace.store.directory import Channel, User
from bot.workspace.types import Json
from bot.workspace.web.replies import json_reply, needed, read_object
from bot.workspace.workspace import Workspace

FAR_FUTURE = "9999999999.999999"
PAGE_MOST = 500


class UiRoutes:
    """Answers the page."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    async def bootstrap(self, request: Request) -> Response:
        """GET /ui/bootstrap?user=: everything a page needs to start; without one, the first."""
        directory = self._workspace.directory
        wanted = request.query_params.get("user") or directory.people()[0].name
        user = person(self._workspace, wanted)
        directory.open_im(user)
        commands = [
            each.model_dump(include={"command", "description", "usage_hint"})
            for each in self._workspace.manifest.commands
        ]
        return json_reply(
            {
                "team": {"name": directory.team.name},
                "me": {"id": user.id, "name": user.name},
                "users": [_user(each) for each in directory.users()],
                "channels": [self._channel(each, user) for each in directory.channels_of(user.id)],
                "commands": commands,
                "shortcuts": [
                    each.model_dump(include={"callback_id", "name"})
                    for each in self._workspace.manifest.shortcuts
                ],
                "bot": {"connected": await self._workspace.transport.bot_is_there()},
            }
        )

    def _channel(self, channel: Channel, user: User) -> Json:
        unread, mentions = self._workspace.conversation.unread(channel.id, user.id)
        name = self._workspace.directory.bot.name if channel.is_im else channel.name
        return {
            "id": channel.id,
            "name": name,
            "topic": channel.topic,
            "unread": unread,
            "mentions": mentions,
            "is_im": channel.is_im,
            "is_private": channel.is_private,
            "is_archived": channel.is_archived,
        }

    async def messages(self, request: Request) -> Response:
        """GET /ui/messages?channel=&user=: roots, or with thread_ts the root and its replies."""
        query = request.query_params
        user = person(self._workspace, query.get("user", ""))
        channel = place(self._workspace, query.get("channel", ""), user)
        before, limit = query.get("before") or FAR_FUTURE, _limit(query.get("limit"), 100)
        store, thread_ts = self._workspace.messages, query.get("thread_ts")
        if thread_ts:
            found = store.thread_seen_by(channel.id, user.id, thread_ts, before, limit + 1)
        else:
            found = store.roots_seen_by(channel.id, user.id, before, limit + 1)
        more = len(found) > limit
        page = found[:limit]
        if thread_ts and not more:
            root = store.get(channel.id, thread_ts)
            page += [root] if root else []
        seen = [shown(each, self._workspace.directory) for each in reversed(page)]
        return json_reply({"messages": seen, "has_more": more})

    async def read(self, request: Request) -> Response:
        """POST /ui/read `{user, channel, ts}`."""
        body = await read_object(request)
        user = person(self._workspace, needed(body, "user"))
        channel = place(self._workspace, needed(body, "channel"), user)
        self._workspace.directory.mark_read(channel.id, user.id, needed(body, "ts"))
        self._workspace.conversation.tell_unread(channel.id, user.id)
        return json_reply({"ok": True})

    async def close_view(self, request: Request) -> Response:
        """POST /ui/close_view `{user, view_id}`."""
        body = await read_object(request)
        user = person(self._workspace, needed(body, "user"))
        await close(
            self._workspace, user, open_view(self._workspace, user, needed(body, "view_id"))
        )
        return json_reply({"ok": True})

    async def home(self, request: Request) -> Response:
        """GET /ui/home?user=: the Home tab that the app published last, or null."""
        user = person(self._workspace, request.query_params.get("user", ""))
        return json_reply({"view": self._workspace.views.home(user.id)})

    async def inspect(self, request: Request) -> Response:
        """GET /ui/inspect?limit=: past entries of the inspector, newest last."""
        limit = _limit(request.query_params.get("limit"), 200)
        return json_reply({"entries": self._workspace.inspector.entries(limit)})

    async def events(self, websocket: WebSocket) -> None:
        """WS /ui/events?user=: one JSON object a news."""
        user = self._workspace.directory.user(websocket.query_params.get("user", ""))
        if user is None or user.is_bot:
            await websocket.close(1008)
            return
        await websocket.accept()
        with self._workspace.feed.page(user.id) as queue:
            sending = asyncio.create_task(_send_all(websocket, queue))
            try:
                while True:
                    await websocket.receive_text()
            except (WebSocketDisconnect, RuntimeError):
                return
            finally:
                sending.cancel()


async def _send_all(websocket: WebSocket, queue: "asyncio.Queue[str | None]") -> None:
    try:
        while (text := await queue.get()) is not None:
            await websocket.send_text(text)
        await websocket.close(1013)
    except (WebSocketDisconnect, RuntimeError):
        return


def _user(user: User) -> Json:
    return {
        "id": user.id,
        "name": user.name,
        "real_name": user.real_name,
        "title": user.title,
        "color": user.color,
        "is_bot": user.is_bot,
    }


def _limit(given: str | None, default: int) -> int:
    if not given:
        return default
    if not given.isdigit():
        raise SimError(400, "bad_limit", f"limit is a number, not {given!r}")
    return max(1, min(PAGE_MOST, int(given)))
