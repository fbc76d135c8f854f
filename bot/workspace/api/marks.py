"""reactions.* and pins.*: marks on messages."""

from bot.workspace.api.call import Call
from bot.workspace.errors import SlackError
from bot.workspace.types import Json


def add_reaction(call: Call) -> Json:
    """reactions.add by the bot."""
    message = call.message("timestamp")
    bot = call.workspace.directory.bot.user_id
    call.workspace.conversation.react(message, bot, call.text("name").strip(":"))
    return {}


def remove_reaction(call: Call) -> Json:
    """reactions.remove of the bot's own."""
    message = call.message("timestamp")
    bot = call.workspace.directory.bot.user_id
    call.workspace.conversation.unreact(message, bot, call.text("name").strip(":"))
    return {}


def get_reactions(call: Call) -> Json:
    """reactions.get of a message."""
    message = call.message("timestamp")
    return {"type": "message", "channel": message.channel, "message": message.body}


def add_pin(call: Call) -> Json:
    """pins.add; raises SlackError `already_pinned`."""
    message = call.message("timestamp")
    added = call.workspace.database.run(
        "INSERT OR IGNORE INTO pins VALUES (?,?,?)",
        (message.channel, message.ts, call.workspace.directory.bot.user_id),
    )
    if not added:
        raise SlackError("already_pinned")
    return {}


def remove_pin(call: Call) -> Json:
    """pins.remove; raises SlackError `no_pin`."""
    message = call.message("timestamp")
    removed = call.workspace.database.run(
        "DELETE FROM pins WHERE channel=? AND ts=?", (message.channel, message.ts)
    )
    if not removed:
        raise SlackError("no_pin")
    return {}
