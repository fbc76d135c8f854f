"""What an app wants to say: text, blocks, attachments and metadata, checked as Slack does."""

import json
from typing import Any

from bot.workspace.blocks.blocks import check_message_blocks
from bot.workspace.errors import SlackError
from bot.workspace.types import Json

POST_TEXT_MOST = 40_000
UPDATE_TEXT_MOST = 4_000
ATTACHMENTS_MOST = 100
METADATA_BYTES_MOST = 8_000
PASSED_ON = ("username", "icon_emoji", "icon_url", "mrkdwn")


def checked_content(args: Json, text_most: int = POST_TEXT_MOST) -> Json:
    """The stored part of a message from the arguments of a method or a response.

    Raises SlackError `no_text`, `msg_too_long`, `invalid_blocks`, `msg_blocks_too_long`,
    `invalid_attachments`, `too_many_attachments` or `invalid_metadata_format`.
    """
    content: Json = {"text": checked_text(args.get("text"), text_most)}
    if args.get("blocks"):
        content["blocks"] = check_message_blocks(args["blocks"])
    if args.get("attachments"):
        content["attachments"] = _attachments(args["attachments"])
    if args.get("metadata"):
        content["metadata"] = checked_metadata(args["metadata"])
    if not content["text"] and "blocks" not in content and "attachments" not in content:
        raise SlackError("no_text")
    return content | {name: args[name] for name in PASSED_ON if args.get(name)}


def checked_text(text: Any, most: int) -> str:
    """The text, empty when there is none; raises SlackError `msg_too_long`."""
    whole = "" if text is None else str(text)
    if len(whole) > most:
        raise SlackError("msg_too_long")
    return whole


def _attachments(attachments: Any) -> list[Json]:
    if not isinstance(attachments, list) or not all(isinstance(each, dict) for each in attachments):
        raise SlackError("invalid_attachments")
    if len(attachments) > ATTACHMENTS_MOST:
        raise SlackError("too_many_attachments")
    checked = []
    for each in attachments:
        blocks = check_message_blocks(each["blocks"]) if each.get("blocks") else None
        checked.append({**each, "blocks": blocks} if blocks else each)
    return checked


def checked_metadata(metadata: Any) -> Json:
    """`{event_type, event_payload}`; raises SlackError naming what is wrong with it."""
    if not isinstance(metadata, dict):
        raise SlackError("invalid_metadata_format")
    kind, payload = metadata.get("event_type"), metadata.get("event_payload")
    if not isinstance(kind, str) or not kind or not isinstance(payload, dict):
        raise SlackError("invalid_metadata_format")
    if len(json.dumps(payload)) > METADATA_BYTES_MOST:
        raise SlackError("metadata_too_large")
    return {"event_type": kind, "event_payload": payload}
