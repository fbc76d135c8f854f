"""Posting a message and reacting, as a person."""

import uuid

from bot.workspace.acts.acting import place
from bot.workspace.clock import new_secret
from bot.workspace.errors import SimError, SlackError
from bot.workspace.store.directory import Channel, User
from bot.workspace.store.messages import Stored
from bot.workspace.text import as_sent, rich_text
from bot.workspace.types import Json
from bot.workspace.workspace import Workspace


def post(
    workspace: Workspace, user: User, channel: Channel, text: str, thread_ts: str | None
) -> Stored:
    """Posts what the person typed; mentions and links become Slack's markup."""
    if not text.strip():
        raise SimError(400, "no_text", "a message needs text")
    sent = as_sent(text, workspace.directory)
    content: Json = {
        "text": sent,
        "client_msg_id": str(uuid.uuid4()),
        "blocks": [rich_text(sent, new_secret()[:5])],
    }
    try:
        message = workspace.conversation.say(channel, user.id, content, thread_ts)
    except SlackError as error:
        raise SimError(404, error.code, f"there is no thread {thread_ts}") from error
    workspace.directory.mark_read(channel.id, user.id, message.ts)
    return message


def react(workspace: Workspace, user: User, where: str, ts: str, name: str, *, add: bool) -> None:
    """Adds or removes a reaction of the person."""
    channel = place(workspace, where, user)
    message = workspace.messages.get(channel.id, ts)
    if message is None or message.visible_to is not None:
        raise SimError(404, "no_such_message", f"there is no message {ts} to react to")
    act = workspace.conversation.react if add else workspace.conversation.unreact
    try:
        act(message, user.id, name.strip(":"))
    except SlackError as error:
        raise SimError(409, error.code, f"{user.name} and {name!r}: {error.code}") from error
