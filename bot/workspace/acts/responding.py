"""What an app says through an ack or a response_url."""

from bot.workspace.content import checked_content
from bot.workspace.errors import SlackError
from bot.workspace.shapes import shown
from bot.workspace.store.messages import Stored
from bot.workspace.store.response_urls import ResponseUrl
from bot.workspace.types import Json
from bot.workspace.workspace import Workspace


def respond(workspace: Workspace, url: ResponseUrl, body: Json) -> None:
    """Posts, replaces or deletes; the waiting act of that URL sees it.

    Raises SlackError for content that Slack refuses (`no_text`, `invalid_blocks`, ...).
    """
    original = _original(workspace, url)
    if body.get("delete_original") in (True, "true"):
        if original is None:
            raise SlackError("message_not_found")
        workspace.conversation.delete(original)
        workspace.answers.through(url.id, {**shown(original, workspace.directory), "deleted": True})
        return
    message = _place(workspace, url, body, original)
    workspace.answers.through(url.id, shown(message, workspace.directory))


def _original(workspace: Workspace, url: ResponseUrl) -> Stored | None:
    return workspace.messages.get(url.channel, url.message_ts) if url.message_ts else None


def _place(workspace: Workspace, url: ResponseUrl, body: Json, original: Stored | None) -> Stored:
    content = checked_content(body)
    if body.get("replace_original") in (True, "true") and original is not None:
        kept = {"blocks": None, "attachments": None, **content}
        return workspace.conversation.change(original, kept, edited=False)
    channel = workspace.directory.channel(url.channel)
    if channel is None:
        raise SlackError("channel_not_found")
    bot = workspace.directory.bot.user_id
    thread_ts = body.get("thread_ts")
    if body.get("response_type") == "in_channel":
        return workspace.conversation.say(channel, bot, content, thread_ts)
    return workspace.conversation.whisper(channel, bot, url.user, content, thread_ts)
