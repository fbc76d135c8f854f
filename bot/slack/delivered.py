"""What Slack delivers, by the kinds we act on, as calls, presses and forms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from bot.store.inbox import Received
from commands.buttons import Press
from commands.forms import Filled, carried
from commands.ports import Access, Call
from commands.shortcuts import Chosen
from playbooks.model.base import JsonObject

_INPUTS = (
    "value",
    "selected_date_time",
    "selected_date",
    "selected_time",
    "selected_user",
    "selected_users",
    "selected_conversation",
    "selected_channel",
)
Kind = Literal["command", "action", "mention", "view", "shortcut", "event"]


@dataclass(frozen=True)
class Address:
    """Where an answer goes. `response_url` is good for five answers within half an hour.

    `open_thread` is the thread in which everybody may read the answer: a mention is answered
    where it was made. `at_home`: pressed in the app's Home tab, where nothing can be said.
    """

    user: str
    channel: str
    thread_ts: str | None = None
    response_url: str | None = None
    trigger_id: str | None = None
    open_thread: str | None = None
    at_home: bool = False


def delivery_id(kind: Kind, body: Mapping[str, Any]) -> str:
    """Slack's own id of this delivery, the same when it is delivered again."""
    if kind == "mention":
        return f"event:{body['event_id']}"
    if kind == "event":
        return f"heard:{body['event_id']}"
    if kind == "view":
        return f"view:{body['view']['id']}"
    return f"{kind}:{body['trigger_id']}"


def kept(kind: Kind, body: Mapping[str, Any]) -> JsonObject:
    """What is stored of a payload: enough to deal with it, and no verification tokens."""
    match kind:
        case "command":
            names = ("command", "text", "user_id", "channel_id", "response_url", "trigger_id")
            return {name: body[name] for name in names if name in body}
        case "action":
            action = body["actions"][0]
            return {
                "user_id": body["user"]["id"],
                "channel_id": _channel_of(body),
                "thread_ts": (body.get("message") or {}).get("thread_ts"),
                "response_url": body.get("response_url"),
                "trigger_id": body.get("trigger_id"),
                "action_id": action["action_id"],
                "value": str(action.get("value") or ""),
                "at_home": (body.get("view") or {}).get("type") == "home",
            }
        case "view":
            return _filled(body)
        case "shortcut":
            return {
                "user_id": body["user"]["id"],
                "channel_id": _channel_of(body),
                "thread_ts": (body.get("message") or {}).get("thread_ts"),
                "response_url": body.get("response_url"),
                "trigger_id": body.get("trigger_id"),
                "message_ts": body["message_ts"],
                "text": str(body["message"].get("text") or ""),
            }
        case "event":
            event: JsonObject = body["event"]
            return event
        case "mention":
            event = body["event"]
            said = {
                name: event.get(name) for name in ("text", "user", "channel", "thread_ts", "ts")
            }
            files = [str(file["id"]) for file in event.get("files") or ()]
            return {**said, "files": files} if files else said


def address_of(received: Received) -> Address:
    payload = received.payload
    if received.kind == "event":
        return Address(user="", channel="")
    if received.kind == "mention":
        return Address(
            user=payload["user"],
            channel=payload["channel"],
            thread_ts=payload.get("thread_ts"),
            open_thread=payload.get("thread_ts") or payload["ts"],
        )
    return Address(
        user=payload["user_id"],
        channel=payload["channel_id"],
        thread_ts=payload.get("thread_ts"),
        response_url=payload.get("response_url"),
        trigger_id=payload.get("trigger_id"),
        at_home=bool(payload.get("at_home")),
    )


def call_of(received: Received, access: Access) -> Call:
    """A slash command, or a mention, as one use of a subcommand."""
    where = address_of(received)
    text = str(received.payload.get("text") or "")
    return Call(
        actor=access.actor(where.user),
        channel=where.channel,
        thread_ts=where.thread_ts,
        text=_without_mention(text) if received.kind == "mention" else text,
        once=received.id,
        files=tuple(received.payload.get("files") or ()),
        in_the_open=where.open_thread is not None,
    )


def press_of(received: Received, access: Access, *, again: bool) -> Press:
    where = address_of(received)
    at: datetime = received.received_at
    return Press(
        actor=access.actor(where.user),
        channel=where.channel,
        thread_ts=where.thread_ts,
        action=received.payload["action_id"],
        value=received.payload["value"],
        at=at,
        once=received.id,
        again=again,
    )


def shortcut_of(received: Received, access: Access) -> Chosen:
    """A shortcut that was chosen from the menu of a message."""
    where = address_of(received)
    return Chosen(
        actor=access.actor(where.user),
        channel=where.channel,
        thread_ts=where.thread_ts,
        message_ts=received.payload["message_ts"],
        text=received.payload["text"],
        once=received.id,
    )


def form_of(received: Received, access: Access) -> Filled:
    """A window that somebody filled in."""
    payload = received.payload
    return Filled(
        actor=access.actor(payload["user_id"]),
        channel=payload["channel_id"],
        callback=payload["callback_id"],
        carried=payload["carried"],
        values=payload["values"],
        at=received.received_at,
        once=received.id,
    )


def _filled(body: Mapping[str, Any]) -> JsonObject:
    view, user = body["view"], str(body["user"]["id"])
    channel, value = carried(str(view.get("private_metadata") or ""))
    values = (view.get("state") or {}).get("values") or {}
    return {
        "user_id": user,
        "channel_id": channel or user,
        "at_home": channel == user,
        "callback_id": str(view.get("callback_id") or ""),
        "carried": value,
        "values": {
            str(block): _said(element)
            for block, elements in values.items()
            for element in elements.values()
        },
    }


def _said(element: Mapping[str, Any]) -> str:
    """What stands in an input, as text; several choices with commas between them."""
    option = element.get("selected_option")
    if isinstance(option, Mapping):
        return str(option.get("value") or "")
    options = element.get("selected_options")
    if isinstance(options, Sequence) and not isinstance(options, str):
        return ",".join(str(each.get("value") or "") for each in options)
    found = next((element[name] for name in _INPUTS if element.get(name) is not None), "")
    return ",".join(map(str, found)) if isinstance(found, list) else str(found)


def _channel_of(body: Mapping[str, Any]) -> str:
    """The channel of a press; a press in a modal or at Home has none, and is answered
    directly."""
    channel = body.get("channel") or {}
    container = body.get("container") or {}
    return str(channel.get("id") or container.get("channel_id") or body["user"]["id"])


def _without_mention(text: str) -> str:
    """What follows the first mention: `hey <@U1> status` asks for `status`."""
    before, mark, after = text.partition("<@")
    return after.partition(">")[2].strip(" :,") if mark else before
