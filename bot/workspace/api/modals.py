"""views.open, views.publish, views.push and views.update."""

import time

from bot.workspace.api.call import Call
from bot.workspace.blocks.views import check_home, check_view
from bot.workspace.clock import new_secret
from bot.workspace.errors import SlackError
from bot.workspace.types import Json


def open_view(call: Call) -> Json:
    """views.open; the view is checked first, so that a bad one costs no trigger."""
    view = check_view(call.args.get("view"))
    user = call.workspace.triggers.exchange(call.text("trigger_id"))
    return {"view": call.workspace.modals.open(user, view)}


def publish_view(call: Call) -> Json:
    """views.publish of somebody's Home tab."""
    user, given = call.user("user_id"), check_home(call.args.get("view"))
    bot = call.workspace.directory.bot
    view = {
        **given,
        "id": f"V{user.id}HOME",
        "root_view_id": f"V{user.id}HOME",
        "previous_view_id": None,
        "state": {"values": {}},
        "team_id": call.workspace.directory.team.id,
        "hash": f"{time.time():.6f}.{new_secret()[:8]}",
        "app_id": bot.app_id,
        "bot_id": bot.bot_id,
    }
    call.workspace.views.publish(user.id, view)
    call.workspace.feed.tell([user.id], {"type": "home", "view": view})
    return {"view": view}


def push_view(call: Call) -> Json:
    """views.push on the modal that is open."""
    view = check_view(call.args.get("view"))
    user = call.workspace.triggers.exchange(call.text("trigger_id"))
    return {"view": call.workspace.modals.push(user, view)}


def update_view(call: Call) -> Json:
    """views.update by view_id or external_id; with `hash` only if nothing changed since."""
    view = check_view(call.args.get("view"))
    view_id, external_id = call.optional("view_id"), call.optional("external_id")
    if view_id is None and external_id is None:
        raise SlackError("invalid_arguments", ("missing required field: view_id or external_id",))
    views = call.workspace.views
    found = views.get(view_id) if view_id else views.by_external(external_id or "")
    if found is None:
        raise SlackError("not_found")
    user, old = found
    if call.optional("hash") not in (None, old["hash"]):
        raise SlackError("hash_conflict")
    return {"view": call.workspace.modals.update(user, old, view)}
