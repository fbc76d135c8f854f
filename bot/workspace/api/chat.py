"""chat.*: posting, changing, deleting, whispering."""

from bot.workspace.api.call import Call
from bot.workspace.content import (
    UPDATE_TEXT_MOST,
    checked_content,
    checked_metadata,
)
from bot.workspace.errors import SlackError
from bot.workspace.shapes import permalink_of
from bot.workspace.store.directory import Channel
from bot.workspace.types import Json


def post_message(call: Call) -> Json:
    """chat.postMessage; the channel by id, by name, or a user id for a direct message."""
    channel = _destination(call)
    content = checked_content(call.args)
    if call.flag("reply_broadcast") and call.optional("thread_ts"):
        content["subtype"] = "thread_broadcast"
    bot = call.workspace.directory.bot.user_id
    message = call.workspace.conversation.say(channel, bot, content, call.optional("thread_ts"))
    return {"channel": channel.id, "ts": message.ts, "message": message.body}


def _destination(call: Call) -> Channel:
    key = call.text("channel")
    person = call.workspace.directory.user(key)
    if person is not None and person.id == key:
        return call.workspace.directory.open_im(person)
    return call.open_channel(by_name=True)


def post_ephemeral(call: Call) -> Json:
    """chat.postEphemeral; the person must be in the channel."""
    channel = call.open_channel()
    directory = call.workspace.directory
    user = call.text("user")
    if not directory.is_member(channel.id, user):
        raise SlackError("user_not_in_channel")
    content = checked_content(call.args)
    message = call.workspace.conversation.whisper(
        channel, directory.bot.user_id, user, content, call.optional("thread_ts")
    )
    return {"message_ts": message.ts}


def update(call: Call) -> Json:
    """chat.update of an own message.

    Text without blocks removes the blocks; blocks without text keep it; metadata stays unless
    given, and `{}` removes it.
    """
    message = call.own_message("cant_update_message")
    if message.body.get("subtype") == "tombstone":
        raise SlackError("cant_update_message")
    content = _changed_content(call)
    changed = call.workspace.conversation.change(message, content, edited=not content.get("blocks"))
    text = changed.body.get("text", "")
    return {"channel": message.channel, "ts": message.ts, "text": text, "message": changed.body}


def _changed_content(call: Call) -> Json:
    args = call.args
    given = {name: args[name] for name in ("text", "blocks", "attachments") if args.get(name)}
    content = checked_content(given, UPDATE_TEXT_MOST)
    if "text" not in given:
        del content["text"]
    elif "blocks" not in given:
        content["blocks"] = None
    if args.get("attachments") == []:
        content["attachments"] = None
    if args.get("metadata") is not None:
        content["metadata"] = checked_metadata(args["metadata"]) if args["metadata"] else None
    return content


def delete(call: Call) -> Json:
    """chat.delete of an own message."""
    message = call.own_message("cant_delete_message")
    call.workspace.conversation.delete(message)
    return {"channel": message.channel, "ts": message.ts}


def permalink(call: Call) -> Json:
    """chat.getPermalink."""
    message = call.message("message_ts")
    return {"channel": message.channel, "permalink": permalink_of(call.workspace.url, message)}
