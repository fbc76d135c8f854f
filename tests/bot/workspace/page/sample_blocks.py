"""Block Kit of the sample bot."""

import struct
import zlib
from typing import Any

Json = dict[str, Any]
HOSTILE = (
    "<javascript:alert(1)|press me> &lt;img src=x onerror=alert(1)&gt; *bold* _soft_ ~gone~ `code`"
    " <https://example.com/?a=1&amp;b=2|a link> <!here> <@U0BEN> :wave:\n> quoted\n```a &lt; b```"
)


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def option(value: str) -> Json:
    return {"text": plain(value.title()), "value": value}


def button(action_id: str, label: str, **more: Any) -> Json:
    return {"type": "button", "action_id": action_id, "text": plain(label), "value": "7", **more}


def confirm(title: str, yes: str, **more: Any) -> Json:
    return {
        "title": plain(title),
        "text": mrkdwn("It replaces the *live* database."),
        "confirm": plain(yes),
        "deny": plain("Go Back"),
        **more,
    }


def card(requester: str) -> list[Json]:
    """A card with every kind of button."""
    danger = confirm("Remove the copy?", "Remove", style="danger")
    fields = ["*Backup*\n`20260102-0200`", "*Risk*\nDESTROY", "*Approvals*\n0 of 2"]
    return [
        {"type": "header", "text": plain("RESTORE prod/harbor postgres to 02:00")},
        {
            "type": "section",
            "text": mrkdwn(f"Loses *3 h 12 min* of writes. Asked by <@{requester}>."),
            "fields": [mrkdwn(text) for text in fields],
            "accessory": {
                "type": "overflow",
                "action_id": "more",
                "options": [option("steps"), option("owner")],
            },
        },
        {"type": "divider"},
        {
            "type": "context",
            "elements": [mrkdwn("Plan `9f31` · expires <!date^1767340800^{date_num}|then>")],
        },
        {
            "type": "actions",
            "elements": [
                button(
                    "approve",
                    "Approve Restore",
                    style="primary",
                    confirm=confirm("Approve this?", "Approve"),
                ),
                button("refuse", "Remove", style="danger", confirm=danger),
                button("details", "Details"),
                {
                    "type": "static_select",
                    "action_id": "assign",
                    "placeholder": plain("Assign to"),
                    "options": [option("ana"), option("ben")],
                },
            ],
        },
    ]


def approved(user: str) -> list[Json]:
    """The card when it is over."""
    return [
        {"type": "header", "text": plain("RESTORE prod/harbor postgres to 02:00")},
        {"type": "context", "elements": [mrkdwn(f"Approved by <@{user}>")]},
    ]


def field(block_id: str, kind: str, **element: Any) -> Json:
    optional = element.pop("optional", False)
    return {
        "type": "input",
        "block_id": block_id,
        "label": plain(block_id.title()),
        "optional": optional,
        "element": {"type": kind, "action_id": block_id, **element},
    }


def every_input() -> Json:
    """A modal with each kind of input once."""
    choices = [option("alpha"), option("beta"), option("gamma")]
    return {
        "type": "modal",
        "callback_id": "ask",
        "title": plain("Restore harbor"),
        "submit": plain("Plan Restore"),
        "close": plain("Not Now"),
        "blocks": [
            {"type": "section", "text": mrkdwn("What to bring *back*.")},
            field("reason", "plain_text_input", multiline=True, placeholder=plain("Why now?")),
            field("name", "plain_text_input", initial_value="harbor"),
            field("store", "static_select", options=choices),
            field("several", "multi_static_select", options=choices),
            field("mode", "radio_buttons", options=choices),
            field("checks", "checkboxes", options=choices, optional=True),
            field("day", "datepicker"),
            field("hour", "timepicker"),
            field("moment", "datetimepicker", optional=True),
            field("approver", "users_select"),
            field("room", "conversations_select"),
            field("jobs", "number_input", is_decimal_allowed=False, max_value="8"),
        ],
    }


def summary(values: Json) -> str:
    """All values of a submission in one line, in the order of the fields."""
    parts = []
    for block_id, actions in values.items():
        state = {key: value for key, value in actions[block_id].items() if key != "type"}
        parts.append(f"{block_id}={_said(next(iter(state.values())))}")
    return " ".join(parts)


def _said(value: Any) -> str:
    if isinstance(value, list):
        return "+".join(_said(each) for each in value)
    return str(value["value"]) if isinstance(value, dict) else str(value)


def details() -> Json:
    """A modal to read, with a way further down."""
    section = {
        "type": "section",
        "text": mrkdwn("Nine steps."),
        "accessory": button("deeper", "Steps"),
    }
    return {
        "type": "modal",
        "callback_id": "details",
        "title": plain("Details"),
        "close": plain("Close"),
        "blocks": [section],
    }


def paces() -> list[Json]:
    """Buttons that are acknowledged late, never, and one that opens a modal that never ends."""
    names = [("slow", "Slow"), ("never", "Never"), ("stuck", "Stuck")]
    return [{"type": "actions", "elements": [button(*name) for name in names]}]


def stuck() -> Json:
    """A modal whose submission nobody acknowledges."""
    return {**deeper(), "callback_id": "stuck", "title": plain("Stuck")}


def deeper() -> Json:
    """The second view of the stack."""
    return {
        "type": "modal",
        "callback_id": "deeper",
        "title": plain("Steps"),
        "submit": plain("Done"),
        "blocks": [{"type": "section", "text": mrkdwn("1. Dump\n2. Swap")}],
    }


def _cell(text: str) -> Json:
    return {"type": "raw_text", "text": text}


def gallery() -> list[Json]:
    """Blocks that only show something."""
    bold = {"type": "text", "text": "Bold", "style": {"bold": True}}
    item = {"type": "rich_text_section", "elements": [{"type": "text", "text": "first"}]}
    rich = [
        {"type": "rich_text_section", "elements": [bold, {"type": "user", "user_id": "U0BEN"}]},
        {"type": "rich_text_list", "style": "ordered", "elements": [item]},
        {"type": "rich_text_quote", "elements": [{"type": "text", "text": "quoted"}]},
        {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "a < b"}]},
    ]
    rows = [[_cell("Table"), _cell("Rows")], [_cell("bookings"), _cell("50,000")]]
    markdown = "## Plan\n\nA **strong** step.\n\n1. one\n   - nested\n\n```sh\nls <b>\n```"
    return [
        {"type": "rich_text", "elements": rich},
        {"type": "table", "rows": rows, "column_settings": [{}, {"align": "right"}]},
        {"type": "markdown", "text": markdown},
    ]


def _picture(size: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    rows = (b"\0" + b"\x0b\x6a\x5f" * size) * size
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


PICTURE = _picture(120)
