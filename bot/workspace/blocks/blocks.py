"""Blocks of messages and modals: what is accepted, in which number and size.

Source: docs.slack.dev, reference/block-kit/blocks; the limits that only a running Slack tells
(all text of a message together) are as observed there.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.workspace.blocks.elements import (
    ACCESSORIES,
    ACTIONS,
    ID,
    IMAGE,
    INPUTS,
    URL,
    any_text,
    plain_text,
)
from bot.workspace.blocks.rules import (
    Found,
    Rule,
    also,
    anything,
    array,
    at_least_one,
    boolean,
    integer,
    one_of,
    record,
    string,
    variant,
)
from bot.workspace.clock import new_secret
from bot.workspace.errors import SlackError
from bot.workspace.types import Json

MESSAGE_BLOCKS_MOST = 50
VIEW_BLOCKS_MOST = 100
MESSAGE_TEXT_MOST = 13_200
MARKDOWN_MOST = 12_000
TABLE_TEXT_MOST = 10_000
TEXT_FIELDS = ("plain_text", "mrkdwn", "markdown", "text", "raw_text")


def _block(required: Mapping[str, Rule], optional: Mapping[str, Rule]) -> Rule:
    return record(required, {"block_id": ID, **optional})


RICH_LEAVES = variant(
    {
        "text": record({"text": string(12_000)}, {"style": anything}),
        "link": record({"url": URL}, {"text": string(3000), "style": anything, "unsafe": boolean}),
        "user": record({"user_id": ID}, {"style": anything}),
        "channel": record({"channel_id": ID}, {"style": anything}),
        "emoji": record(
            {"name": string(255)},
            {"unicode": string(100), "style": anything, "skin_tone": anything},
        ),
        "usergroup": record({"usergroup_id": ID}, {"style": anything}),
        "broadcast": record({"range": one_of("here", "channel", "everyone")}, {"style": anything}),
        "date": record(
            {"timestamp": integer(0, 10**11), "format": string(255)},
            {"url": URL, "fallback": string(3000), "style": anything},
        ),
        "color": record({"value": string(20)}, {"style": anything}),
    }
)
RICH_SECTION = record({"elements": array(RICH_LEAVES, 1000, 0)}, {})
RICH_BOXED = record({"elements": array(RICH_LEAVES, 1000, 0)}, {"border": integer(0, 1)})
RICH_PARTS = variant(
    {
        "rich_text_section": RICH_SECTION,
        "rich_text_preformatted": RICH_BOXED,
        "rich_text_quote": RICH_BOXED,
        "rich_text_list": record(
            {
                "elements": array(variant({"rich_text_section": RICH_SECTION}), 1000),
                "style": one_of("bullet", "ordered"),
            },
            {"indent": integer(0, 8), "offset": integer(0, 10**6), "border": integer(0, 1)},
        ),
    }
)
RICH_TEXT = _block({"elements": array(RICH_PARTS, 1000)}, {})

IMAGE_BLOCK = also(
    _block(
        {"alt_text": string(2000)},
        {"image_url": URL, "slack_file": anything, "title": plain_text(2000)},
    ),
    at_least_one("image_url", "slack_file"),
)
CONTEXT_PARTS = variant(
    {
        "image": IMAGE,
        "plain_text": any_text(3000),
        "mrkdwn": any_text(3000),
    }
)
TABLE_CELL = variant({"raw_text": record({"text": string(10_000)}, {}), "rich_text": RICH_TEXT})
COLUMN = record({}, {"align": one_of("left", "center", "right"), "is_wrapped": boolean})

SHARED: dict[str, Rule] = {
    "section": also(
        _block(
            {},
            {
                "text": any_text(3000),
                "fields": array(any_text(2000), 10),
                "accessory": variant(ACCESSORIES),
                "expand": boolean,
            },
        ),
        at_least_one("text", "fields"),
    ),
    "header": _block({"text": plain_text(150)}, {}),
    "divider": _block({}, {}),
    "image": IMAGE_BLOCK,
    "actions": _block({"elements": array(variant(ACTIONS), 25)}, {}),
    "context": _block({"elements": array(CONTEXT_PARTS, 10)}, {}),
    "input": _block(
        {"label": plain_text(2000), "element": variant(INPUTS)},
        {"hint": plain_text(2000), "optional": boolean, "dispatch_action": boolean},
    ),
    "rich_text": RICH_TEXT,
}
MESSAGE = variant(
    {
        **SHARED,
        "markdown": _block({"text": string(MARKDOWN_MOST)}, {}),
        "table": _block(
            {"rows": array(array(TABLE_CELL, 20), 100)},
            {"column_settings": array(COLUMN, 20, 0)},
        ),
    }
)
MODAL = variant(SHARED)


def check_message_blocks(blocks: Any) -> list[Json]:
    """Returns the blocks of a message, filled in as Slack does.

    Raises SlackError `invalid_blocks_format`, `invalid_blocks` (naming each JSON pointer) or
    `msg_blocks_too_long`.
    """
    if not isinstance(blocks, list):
        raise SlackError("invalid_blocks_format")
    found = Found()
    array(MESSAGE, MESSAGE_BLOCKS_MOST, 0)(blocks, "/blocks", found)
    if not found.problems:
        _check_together(blocks, "/blocks", found)
        _check_totals(blocks, found)
    if found.problems:
        raise SlackError("invalid_blocks", tuple(found.problems))
    if sum(len(text) for block in blocks for text in texts(block)) > MESSAGE_TEXT_MOST:
        raise SlackError("msg_blocks_too_long")
    return [filled(block) for block in blocks]


def check_view_blocks(blocks: Any, found: Found) -> None:
    """Notes what is wrong with the blocks of a modal."""
    array(MODAL, VIEW_BLOCKS_MOST, 0)(blocks, "/view/blocks", found)
    if not found.problems:
        _check_together(blocks, "/view/blocks", found)


def _check_together(blocks: list[Json], pointer: str, found: Found) -> None:
    seen: set[str] = set()
    for index, block in enumerate(blocks):
        block_id = block.get("block_id")
        if block_id is not None and block_id in seen:
            found.add(f"block_id {block_id} already exists", f"{pointer}/{index}/block_id")
        seen.add(block_id or "")
        actions: set[str] = set()
        for each in elements_of(block):
            action_id = each.get("action_id")
            if action_id is not None and action_id in actions:
                found.add(f"action_id {action_id} already exists", f"{pointer}/{index}")
            actions.add(action_id or "")


def _check_totals(blocks: list[Json], found: Found) -> None:
    markdown = [block for block in blocks if block["type"] == "markdown"]
    if sum(len(block["text"]) for block in markdown) > MARKDOWN_MOST:
        found.add(f"markdown text must be less than {MARKDOWN_MOST + 1} characters", "/blocks")
    tables = [block for block in blocks if block["type"] == "table"]
    if len(tables) > 1:
        found.add("only one table allowed", "/blocks")
    for table in tables:
        if sum(len(text) for text in texts(table)) > TABLE_TEXT_MOST:
            found.add(f"table must be less than {TABLE_TEXT_MOST + 1} characters", "/blocks")


def elements_of(block: Json) -> list[Json]:
    """The interactive elements of a block: accessory, elements or the input's element."""
    if block["type"] == "section":
        return [block["accessory"]] if "accessory" in block else []
    if block["type"] == "actions":
        return list(block["elements"])
    return [block["element"]] if block["type"] == "input" else []


def texts(value: Any) -> Iterator[str]:
    """Every text that a reader sees, in order."""
    if isinstance(value, list):
        for each in value:
            yield from texts(each)
    elif isinstance(value, dict):
        if value.get("type") in TEXT_FIELDS and isinstance(value.get("text"), str):
            yield value["text"]
        for each in value.values():
            if isinstance(each, dict | list):
                yield from texts(each)


def filled(block: Json) -> Json:
    """The block with the ids and defaults that Slack adds."""
    whole: Json = _with_text_defaults(block)
    whole.setdefault("block_id", _short_id())
    for each in elements_of(whole):
        if each["type"] != "image":
            each.setdefault("action_id", _short_id())
    return whole


def _with_text_defaults(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_text_defaults(each) for each in value]
    if not isinstance(value, dict):
        return value
    whole = {name: _with_text_defaults(each) for name, each in value.items()}
    if whole.get("type") == "plain_text":
        whole.setdefault("emoji", True)
    elif whole.get("type") == "mrkdwn":
        whole.setdefault("verbatim", False)
    return whole


def _short_id() -> str:
    return new_secret()[:5]
