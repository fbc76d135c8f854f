"""Silences as a list, each with the button that ends it."""

from datetime import datetime

from notifiers.views import blocks
from notifiers.views.blocks import plain
from notifiers.views.text import duration, escape, joined, when
from playbooks.model.base import JsonObject
from playbooks.respond.silence import Silence

END = "end_silence"


def silence_blocks(silence: Silence, now: datetime) -> list[JsonObject]:
    """One section with its button."""
    left = duration((silence.until - now).total_seconds())
    line = joined(
        [
            f"*{escape(silence.what)}*",
            escape(silence.stack),
            f"until {when(silence.until, '{date_short_pretty} {time}')} ({left})",
            f"by {escape(silence.by)}" if silence.by else "",
            escape(silence.comment),
        ]
    )
    [section, *more] = blocks.sections(line)
    button: JsonObject = {
        "type": "button",
        "action_id": END,
        "text": plain("End it"),
        "value": silence.handle,
    }
    return [{**section, "accessory": button}, *more]
