"""reactions.* and pins.*: marks on messages."""

from bot.workspace.api.call import Call
from bot.workspace.shapes import permalink_of
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
    seen = {**message.body, "permalink": permalink_of(call.workspace.url, message)}
    return {"type": "message", "channel": message.channel, "message": seen}


def add_pin(call: Call) -> Json:
    """pins.add; raises SlackError `already_pinned`."""
    message = call.message("timestamp")
    call.workspace.conversation.pin(message, call.workspace.directory.bot.user_id, pinned=True)
    return {}


def remove_pin(call: Call) -> Json:
    """pins.remove; raises SlackError `no_pin`."""
    message = call.message("timestamp")
    call.workspace.conversation.pin(message, call.workspace.directory.bot.user_id, pinned=False)
    return {}
