"""Modals: the view an app hands over, and the view object Slack keeps and sends."""

import json
import time
from typing import Any

from bot.workspace.blocks.blocks import check_view_blocks, filled
from bot.workspace.blocks.elements import plain_text
from bot.workspace.blocks.rules import Found, anything, array, boolean, one_of, record, string
from bot.workspace.clock import new_id, new_secret
from bot.workspace.errors import SlackError
from bot.workspace.store.directory import Directory
from bot.workspace.types import Json

STACK_MOST = 3
VIEW_BYTES_MOST = 250_000

SHAPE = record(
    {"type": one_of("modal"), "title": plain_text(24), "blocks": array(anything, 10_000, 0)},
    {
        "submit": plain_text(24),
        "close": plain_text(24),
        "private_metadata": string(3000, 0),
        "callback_id": string(255, 0),
        "external_id": string(255, 0),
        "clear_on_close": boolean,
        "notify_on_close": boolean,
        "submit_disabled": boolean,
    },
)


HOME_SHAPE = record(
    {"type": one_of("home"), "blocks": array(anything, 10_000, 0)},
    {
        "private_metadata": string(3000, 0),
        "callback_id": string(255, 0),
        "external_id": string(255, 0),
    },
)


def check_home(view: Any) -> Json:
    """Returns a Home tab with its blocks filled in; raises SlackError as `check_view`."""
    found = Found()
    HOME_SHAPE(view, "/view", found)
    if isinstance(view, dict) and isinstance(view.get("blocks"), list):
        check_view_blocks(view["blocks"], found)
    if found.problems:
        raise SlackError("invalid_arguments", tuple(found.problems))
    if len(json.dumps(view)) > VIEW_BYTES_MOST:
        raise SlackError("view_too_large")
    return {**view, "blocks": [filled(block) for block in view["blocks"]]}


def check_view(view: Any) -> Json:
    """Returns a modal with its blocks filled in.

    Raises SlackError `invalid_arguments` naming each JSON pointer, or `view_too_large`.
    """
    found = Found()
    SHAPE(view, "/view", found)
    if isinstance(view, dict) and isinstance(view.get("blocks"), list):
        check_view_blocks(view["blocks"], found)
    if not found.problems and "submit" not in view and _has_input(view):
        found.add("a view with input blocks needs submit", "/view")
    if found.problems:
        raise SlackError("invalid_arguments", tuple(found.problems))
    if len(json.dumps(view)) > VIEW_BYTES_MOST:
        raise SlackError("view_too_large")
    return {**view, "blocks": [filled(block) for block in view["blocks"]]}


def _has_input(view: Json) -> bool:
    return any(block["type"] == "input" for block in view["blocks"])


def new_view(given: Json, directory: Directory, below: Json | None) -> Json:
    """The view object of a modal that opens, on top of `below` when it is pushed."""
    view_id = new_id("V")
    return {
        "id": view_id,
        "root_view_id": below["root_view_id"] if below else view_id,
        "previous_view_id": below["id"] if below else None,
        "state": {"values": {}},
        **_content(given, directory),
    }


def changed_view(old: Json, given: Json, directory: Directory) -> Json:
    """The same view with new content; what was typed stays where block and action remain."""
    content = _content(given, directory)
    kept = {block["block_id"] for block in content["blocks"]}
    values = {key: each for key, each in old["state"]["values"].items() if key in kept}
    return {**old, **content, "state": {"values": values}}


def _content(given: Json, directory: Directory) -> Json:
    bot = directory.bot
    return {
        "team_id": directory.team.id,
        "type": given["type"],
        "title": given["title"],
        "close": given.get("close"),
        "submit": given.get("submit"),
        "blocks": given["blocks"],
        "private_metadata": given.get("private_metadata", ""),
        "callback_id": given.get("callback_id", ""),
        "external_id": given.get("external_id", ""),
        "hash": f"{int(time.time())}.{new_secret()[:8]}",
        "clear_on_close": given.get("clear_on_close", False),
        "notify_on_close": given.get("notify_on_close", False),
        "submit_disabled": given.get("submit_disabled", False),
        "app_id": bot.app_id,
        "app_installed_team_id": directory.team.id,
        "bot_id": bot.bot_id,
    }
