"""Submitting and closing modals."""

from typing import Any

from bot.workspace.acts.acting import deliver, failed
from bot.workspace.acts.acting import result as act_result
from bot.workspace.blocks.state import refusals, state_values
from bot.workspace.blocks.views import check_view
from bot.workspace.errors import SimError, SlackError
from bot.workspace.shapes import actor_object
from bot.workspace.store.directory import User
from bot.workspace.types import Json
from bot.workspace.workspace import Workspace

SUBMIT_FAILED = "We had some trouble connecting. Try again?"


def open_view(workspace: Workspace, user: User, view_id: str) -> Json:
    """The user's open view of that id; raises SimError 404 naming those that are open."""
    found = workspace.views.get(view_id)
    if found is None or found[0] != user.id:
        ids = [view["id"] for view in workspace.modals.stack(user.id)]
        raise SimError(404, "no_such_view", f"{user.name} has no open view {view_id}", views=ids)
    return found[1]


async def submit(workspace: Workspace, user: User, view: Json, given: Json) -> Json:
    """Submits; returns `{status, ack_ms, response, errors}`.

    `status` is ok, errors (by block_id, from Slack's form or from the app) or the name of a
    failure; `response` is the view that is open afterwards.
    """
    values = state_values(view["blocks"], given, view["state"]["values"])
    typed = workspace.modals.keep_state(user.id, view, values)
    refused = refusals(view["blocks"], values)
    if refused:
        return _errors(workspace, user, view, refused, None)
    payload = _payload(workspace, "view_submission", user, typed)
    payload |= {"trigger_id": workspace.triggers.issue(user.id), "response_urls": []}
    outcome = await deliver(workspace, "interactive", payload, "view_submission")
    if not outcome.ok:
        return _failed(workspace, user, view, outcome.status, None)
    return _acknowledged(workspace, user, typed, outcome.payload or {}, outcome.ack_ms)


def _payload(workspace: Workspace, kind: str, user: User, view: Json) -> Json:
    directory = workspace.directory
    return {
        "type": kind,
        "team": {"id": directory.team.id, "domain": directory.team.domain},
        "user": actor_object(user, directory),
        "api_app_id": directory.bot.app_id,
        "token": "local-verification-token",
        "view": view,
        "is_enterprise_install": False,
        "enterprise": None,
    }


def _acknowledged(
    workspace: Workspace, user: User, view: Json, answer: Json, ack_ms: float | None
) -> Json:
    action = answer.get("response_action")
    if action == "errors":
        known = {block["block_id"] for block in view["blocks"]}
        errors: Any = answer.get("errors")
        if not isinstance(errors, dict) or not errors or not set(errors) <= known:
            return _failed(workspace, user, view, "invalid_errors", ack_ms)
        return _errors(workspace, user, view, errors, ack_ms)
    try:
        _follow(workspace, user, view, action, answer)
    except SlackError as error:
        return _failed(workspace, user, view, error.code, ack_ms)
    return _done(workspace, user, "ok", {}, ack_ms)


def _follow(workspace: Workspace, user: User, view: Json, action: str | None, answer: Json) -> None:
    if action == "update":
        workspace.modals.update(user.id, view, check_view(answer.get("view")))
    elif action == "push":
        workspace.modals.push(user.id, check_view(answer.get("view")))
    elif action == "clear":
        workspace.modals.clear(user.id)
    elif action is None:
        workspace.modals.close(user.id, view)
    else:
        raise SlackError("invalid_response_action")


def _errors(
    workspace: Workspace, user: User, view: Json, errors: dict[str, str], ack_ms: float | None
) -> Json:
    event = {"type": "view_errors", "view_id": view["id"], "errors": errors}
    workspace.feed.tell([user.id], event)
    return _done(workspace, user, "errors", errors, ack_ms)


def _failed(
    workspace: Workspace, user: User, view: Json, status: str, ack_ms: float | None
) -> Json:
    failed(workspace, user, None, SUBMIT_FAILED, error=status, view_id=view["id"])
    return _done(workspace, user, status, {}, ack_ms)


def _done(
    workspace: Workspace, user: User, status: str, errors: dict[str, str], ack_ms: float | None
) -> Json:
    stack = workspace.modals.stack(user.id)
    return {**act_result(status, ack_ms, stack[-1] if stack else None), "errors": errors}


async def close(workspace: Workspace, user: User, view: Json) -> None:
    """Closes as with the view's X; the app hears of it when it asked for that."""
    if view["clear_on_close"]:
        workspace.modals.clear(user.id)
    else:
        workspace.modals.close(user.id, view)
    if view["notify_on_close"]:
        payload = _payload(workspace, "view_closed", user, view)
        payload["is_cleared"] = view["clear_on_close"]
        await deliver(workspace, "interactive", payload, "view_closed")
