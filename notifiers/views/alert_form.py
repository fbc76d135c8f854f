"""The window that asks until when alerts are to be silent."""

import json
from datetime import datetime, timedelta

from notifiers.views import blocks
from notifiers.views.alert import alert_value
from notifiers.views.text import escape
from playbooks.model.base import JsonObject
from playbooks.respond.alert import Group

SILENCE_FORM = "silence_until"
UNTIL = "until"
_PROPOSED = timedelta(hours=8)


def silence_form(group: Group, channel: str, now: datetime) -> JsonObject:
    """A modal with a date and a time, at first eight hours ahead on the next full hour."""
    proposed = int((now + _PROPOSED).timestamp()) // 3600 * 3600
    whose = f" of {group.stack}" if group.stack else ""
    return {
        "type": "modal",
        "callback_id": SILENCE_FORM,
        "title": blocks.plain("Silence until"),
        "submit": blocks.plain("Silence"),
        "close": blocks.plain("Cancel"),
        "private_metadata": json.dumps({"channel": channel, "value": alert_value(group)}),
        "blocks": [
            *blocks.sections(
                f"*{escape(group.rule)}*{escape(whose)}: nobody is told of it until then. "
                "What is critical is silenced, too."
            ),
            {
                "type": "input",
                "block_id": UNTIL,
                "label": blocks.plain("Until"),
                "element": {
                    "type": "datetimepicker",
                    "action_id": UNTIL,
                    "initial_date_time": proposed,
                },
            },
        ],
    }
