"""Posting, changing and taking back messages, marking them and sharing files, as a person."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.workspace.acts.acting import place
from bot.workspace.clock import new_id, new_secret
from bot.workspace.errors import SimError, SlackError
from bot.workspace.filed import file_object
from bot.workspace.store.directory import Channel, User
from bot.workspace.store.files import StoredFile
from bot.workspace.store.messages import Stored
from bot.workspace.text import as_sent, rich_text
from bot.workspace.types import Json
from bot.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Said:
    """What a person says: text, in which thread, and files by their names."""

    text: str
    thread_ts: str | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)


def post(workspace: Workspace, user: User, channel: Channel, said: Said) -> Stored:
    """Posts what the person typed; mentions and links become Slack's markup."""
    if not said.text.strip() and not said.files:
        raise SimError(400, "no_text", "a message needs text")
    sent, thread_ts = as_sent(said.text, workspace.directory), said.thread_ts
    content: Json = {"text": sent, "client_msg_id": str(uuid.uuid4())}
    if sent.strip():
        content["blocks"] = [rich_text(sent, new_secret()[:5])]
    if said.files:
        files = [_kept(workspace, user, name, held) for name, held in said.files.items()]
        content |= {"subtype": "file_share", "files": files}
    try:
        message = workspace.conversation.say(channel, user.id, content, thread_ts)
    except SlackError as error:
        raise SimError(404, error.code, f"there is no thread {thread_ts}") from error
    workspace.directory.mark_read(channel.id, user.id, message.ts)
    return message


def _kept(workspace: Workspace, user: User, name: str, content: bytes) -> Json:
    """The file object of what a person uploads."""
    file_id = new_id("F")
    body = file_object(workspace, file_id, name, len(content)) | {"user": user.id}
    workspace.files.add(StoredFile(file_id, "asked", len(content), body))
    workspace.files.path(file_id).write_bytes(content)
    workspace.files.change(file_id, "complete", body)
    return body


def react(workspace: Workspace, user: User, where: str, ts: str, name: str, *, add: bool) -> None:
    """Adds or removes a reaction of the person."""
    message = seen_message(workspace, user, where, ts)
    act = workspace.conversation.react if add else workspace.conversation.unreact
    try:
        act(message, user.id, name.strip(":"))
    except SlackError as error:
        raise SimError(409, error.code, f"{user.name} and {name!r}: {error.code}") from error


def pin(workspace: Workspace, user: User, where: str, ts: str, *, pinned: bool) -> None:
    """Pins a message, or takes the pin back."""
    message = seen_message(workspace, user, where, ts)
    try:
        workspace.conversation.pin(message, user.id, pinned=pinned)
    except SlackError as error:
        raise SimError(409, error.code, f"{user.name} and {ts}: {error.code}") from error


def edit(workspace: Workspace, user: User, where: str, ts: str, text: str) -> Stored:
    """Changes the text of a message of one's own."""
    message = _own(workspace, user, where, ts)
    sent = as_sent(text, workspace.directory)
    content: Json = {"text": sent, "blocks": [rich_text(sent, new_secret()[:5])]}
    return workspace.conversation.change(message, content, edited=True)


def delete(workspace: Workspace, user: User, where: str, ts: str) -> None:
    """Takes back a message of one's own."""
    workspace.conversation.delete(_own(workspace, user, where, ts))


def seen_message(workspace: Workspace, user: User, where: str, ts: str) -> Stored:
    """A message that everybody there sees; raises SimError 404."""
    channel = place(workspace, where, user)
    message = workspace.messages.get(channel.id, ts)
    if message is None or message.visible_to is not None:
        raise SimError(404, "no_such_message", f"there is no message {ts} in {channel.name}")
    return message


def _own(workspace: Workspace, user: User, where: str, ts: str) -> Stored:
    message = seen_message(workspace, user, where, ts)
    if message.author != user.id:
        raise SimError(403, "not_yours", f"{ts} is not by {user.name}")
    return message
