"""conversations.*: channels, their members and what was said in them."""

import base64
import re

from bot.workspace.api.call import Call
from bot.workspace.errors import SlackError
from bot.workspace.shapes import channel_object
from bot.workspace.store.directory import Channel
from bot.workspace.store.messages import Stored
from bot.workspace.types import Json

NAME = re.compile(r"[a-z0-9_-]{1,80}")
TOPIC_MOST = 250
FAR_FUTURE = "9999999999.999999"
PAGE_MOST = 999
JUST = 0.000001


def _cursor(call: Call) -> str | None:
    given = call.optional("cursor")
    if given is None:
        return None
    try:
        return base64.b64decode(given, validate=True).decode()
    except ValueError as error:
        raise SlackError("invalid_cursor") from error


def _next(position: str | None) -> Json:
    cursor = base64.b64encode(position.encode()).decode() if position else ""
    return {"response_metadata": {"next_cursor": cursor}}


def listing(call: Call) -> Json:
    """conversations.list: `types` public_channel (default), private_channel and im, by cursor."""
    types = (call.optional("types") or "public_channel").split(",")
    kinds = {"channel": "public_channel", "group": "private_channel", "im": "im"}
    archived = not call.flag("exclude_archived")
    directory = call.workspace.directory
    wanted = [
        each
        for each in directory.channels()
        if kinds[each.kind] in [kind.strip() for kind in types]
        and (archived or not each.is_archived)
        and (not each.is_private or directory.is_member(each.id, directory.bot.user_id))
    ]
    position = _cursor(call) or "0"
    start = int(position) if position.isdigit() else 0
    end = start + call.limit(100, 1000)
    page = [channel_object(each, directory) for each in wanted[start:end]]
    return {"channels": page, **_next(str(end) if end < len(wanted) else None)}


def info(call: Call) -> Json:
    """conversations.info."""
    return {"channel": channel_object(call.channel(), call.workspace.directory)}


def members(call: Call) -> Json:
    """conversations.members: user ids by cursor."""
    everyone = call.workspace.directory.members(call.channel().id)
    position = _cursor(call) or "0"
    start = int(position) if position.isdigit() else 0
    end = start + call.limit(100, 1000)
    return {"members": everyone[start:end], **_next(str(end) if end < len(everyone) else None)}


def history(call: Call) -> Json:
    """conversations.history: roots, newest first; metadata with include_all_metadata."""
    channel, limit = call.joined_channel(), call.limit(100, PAGE_MOST)
    oldest, latest = call.optional("oldest") or "0", call.optional("latest") or FAR_FUTURE
    if call.flag("inclusive"):
        oldest, latest = _nudged(oldest, -JUST), _nudged(latest, JUST)
    latest = _cursor(call) or latest
    found = call.workspace.messages.history(channel.id, oldest, latest, limit + 1)
    page = found[:limit]
    more = len(found) > limit
    return {
        "messages": [_body(each, call) for each in page],
        "has_more": more,
        "pin_count": 0,
        **_next(page[-1].ts if more else None),
    }


def _nudged(ts: str, by: float) -> str:
    return ts if ts in ("0", FAR_FUTURE) else f"{round((float(ts) + by) * 1e6) / 1e6:.6f}"


def replies(call: Call) -> Json:
    """conversations.replies: the root and its replies, oldest first."""
    channel, limit = call.joined_channel(), call.limit(1000, PAGE_MOST)
    root = call.workspace.messages.get(channel.id, call.text("ts"))
    if root is not None and root.thread_ts:
        root = call.workspace.messages.get(channel.id, root.thread_ts)
    if root is None or root.visible_to is not None:
        raise SlackError("thread_not_found")
    cursor = _cursor(call)
    after = cursor or call.optional("oldest") or "0"
    found = call.workspace.messages.replies(channel.id, root.ts, after, limit + 1)
    page = found[:limit]
    more = len(found) > limit
    whole = page if cursor else [root, *page]
    return {
        "messages": [_body(each, call) for each in whole],
        "has_more": more,
        **_next(page[-1].ts if more else None),
    }


def _body(message: Stored, call: Call) -> Json:
    if call.flag("include_all_metadata"):
        return message.body
    return {name: value for name, value in message.body.items() if name != "metadata"}


def open_im(call: Call) -> Json:
    """conversations.open with one user."""
    ids = [each.strip() for each in str(call.text("users")).split(",")]
    if len(ids) != 1:
        raise SlackError("not_supported", ("this workspace has no group conversations",))
    person = call.workspace.directory.user(ids[0])
    if person is None or person.is_bot:
        raise SlackError("user_not_found")
    channel = call.workspace.directory.open_im(person)
    return {"channel": {"id": channel.id, **channel_object(channel, call.workspace.directory)}}


def create(call: Call) -> Json:
    """conversations.create of a channel, with `is_private` of a private one."""
    name = call.text("name")
    if not NAME.fullmatch(name):
        raise SlackError("invalid_name_specials")
    directory = call.workspace.directory
    private = call.flag("is_private")
    call.require_scope("groups:write" if private else "channels:manage")
    channel = directory.create(name, directory.bot.user_id, private=private)
    _tell(call, channel)
    return {"channel": channel_object(channel, directory)}


def join(call: Call) -> Json:
    """conversations.join by the bot."""
    channel = call.channel()
    directory = call.workspace.directory
    directory.join(channel.id, directory.bot.user_id)
    return {"channel": channel_object(channel, directory)}


def invite(call: Call) -> Json:
    """conversations.invite of one user or several."""
    channel, directory = call.open_channel(), call.workspace.directory
    people = [directory.user(each.strip()) for each in call.text("users").split(",")]
    found = [person for person in people if person is not None]
    if len(found) < len(people):
        raise SlackError("user_not_found")
    newcomers = [each for each in found if not directory.is_member(channel.id, each.id)]
    if not newcomers:
        raise SlackError("already_in_channel")
    for person in newcomers:
        directory.join(channel.id, person.id)
    _tell(call, channel)
    return {"channel": channel_object(channel, directory)}


def set_topic(call: Call) -> Json:
    """conversations.setTopic, at most 250 characters."""
    channel, topic = call.open_channel(), call.text("topic")
    if len(topic) > TOPIC_MOST:
        raise SlackError("too_long")
    changed = call.workspace.directory.change(channel, topic=topic, archived=False)
    _tell(call, changed)
    return {"channel": channel_object(changed, call.workspace.directory)}


def archive(call: Call) -> Json:
    """conversations.archive."""
    channel = call.joined_channel()
    if channel.is_archived:
        raise SlackError("already_archived")
    bot = call.workspace.directory.bot.user_id
    call.workspace.conversation.end(channel, bot, delete=False)
    return {}


def _tell(call: Call, channel: Channel) -> None:
    event = {"type": "channel", "channel": channel.id, "name": channel.name, "topic": channel.topic}
    call.workspace.feed.tell(call.workspace.directory.members(channel.id), event)
