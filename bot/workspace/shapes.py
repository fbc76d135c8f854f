"""Objects as Slack sends them, and messages as a person sees them."""

from bot.workspace.store.directory import Channel, Directory, User
from bot.workspace.store.messages import Stored
from bot.workspace.text import displayed
from bot.workspace.types import Json


def user_object(user: User, directory: Directory) -> Json:
    """`user` of users.info and users.list."""
    return {
        "id": user.id,
        "team_id": directory.team.id,
        "name": user.name,
        "deleted": False,
        "color": user.color.removeprefix("#"),
        "real_name": user.real_name,
        "tz": "Europe/Paris",
        "tz_label": "Central European Time",
        "tz_offset": 3600,
        "profile": {
            "title": user.title,
            "real_name": user.real_name,
            "real_name_normalized": user.real_name,
            "display_name": user.name,
            "display_name_normalized": user.name,
            "team": directory.team.id,
        },
        "is_admin": False,
        "is_owner": False,
        "is_restricted": False,
        "is_bot": user.is_bot,
        "is_app_user": False,
        "updated": 0,
    }


def channel_object(channel: Channel, directory: Directory) -> Json:
    """`channel` of conversations.*."""
    if channel.is_im:
        return {
            "id": channel.id,
            "created": channel.created,
            "is_im": True,
            "is_archived": False,
            "is_open": True,
            "user": channel.im_user,
            "context_team_id": directory.team.id,
        }
    members = directory.members(channel.id)
    return {
        "id": channel.id,
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": not channel.is_private,
        "is_group": channel.is_private,
        "is_im": False,
        "is_mpim": False,
        "is_private": channel.is_private,
        "is_archived": channel.is_archived,
        "is_general": False,
        "is_shared": False,
        "is_member": directory.bot.user_id in members,
        "created": channel.created,
        "creator": channel.creator,
        "context_team_id": directory.team.id,
        "num_members": len(members),
        "topic": {"value": channel.topic, "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
    }


def author_fields(user_id: str, directory: Directory) -> Json:
    """Who said it: for the bot, what Slack adds for apps."""
    fields: Json = {"user": user_id, "team": directory.team.id}
    bot = directory.bot
    if user_id == bot.user_id:
        fields["bot_id"] = bot.bot_id
        fields["app_id"] = bot.app_id
        fields["bot_profile"] = {
            "id": bot.bot_id,
            "app_id": bot.app_id,
            "user_id": bot.user_id,
            "name": bot.name,
            "deleted": False,
            "team_id": directory.team.id,
        }
    return fields


def actor_object(user: User, directory: Directory) -> Json:
    """`user` of interaction payloads."""
    return {
        "id": user.id,
        "username": user.name,
        "name": user.name,
        "team_id": directory.team.id,
    }


def permalink_of(url: str, message: Stored) -> str:
    """The address of a message in the workspace at `url`."""
    link = f"{url}/archives/{message.channel}/p{message.ts.replace('.', '')}"
    if message.thread_ts:
        link += f"?thread_ts={message.thread_ts}&cid={message.channel}"
    return link


def shown(message: Stored, directory: Directory) -> Json:
    """A message as /sim/messages and /ui/messages give it.

    `display` is the text with names instead of ids; `edited` is `{user, ts}` or None; `metadata`
    is `{event_type, event_payload}` or None; times are Slack timestamps.
    """
    body = message.body
    return {
        "ts": message.ts,
        "channel": message.channel,
        "user": message.author,
        "username": body.get("username") or _name(message.author, directory),
        "bot_id": body.get("bot_id"),
        "text": body.get("text", ""),
        "display": displayed(body.get("text", ""), directory),
        "blocks": body.get("blocks", []),
        "attachments": body.get("attachments", []),
        "metadata": body.get("metadata"),
        "thread_ts": message.thread_ts,
        "ephemeral": message.visible_to is not None,
        "is_ephemeral": message.visible_to is not None,
        "edited": body.get("edited"),
        "deleted": body.get("subtype") == "tombstone",
        "files": body.get("files", []),
        "reply_count": body.get("reply_count", 0),
        "latest_reply": body.get("latest_reply"),
        "reactions": body.get("reactions", []),
        "pinned": bool(body.get("pinned_to")),
    }


def _name(user_id: str, directory: Directory) -> str:
    user = directory.user(user_id)
    return user.name if user else user_id
