"""Choosing a shortcut from the menu of a message."""

import time

from bot.workspace.acts.acting import deliver, failed, first_answer, result
from bot.workspace.acts.answers import Waiter
from bot.workspace.errors import SimError
from bot.workspace.shapes import actor_object
from bot.workspace.store.directory import Channel, User
from bot.workspace.store.messages import Stored
from bot.workspace.types import Json
from bot.workspace.workspace import Workspace

SHORTCUT_FAILED = "This app did not respond. Try again."


async def run_shortcut(
    workspace: Workspace, user: User, channel: Channel, message: Stored, callback: str
) -> Json:
    """Chooses it; returns `{status, ack_ms, response}` with what is seen first."""
    known = [each.callback_id for each in workspace.manifest.shortcuts]
    if callback not in known:
        raise SimError(404, "no_such_shortcut", f"there is no {callback!r}", shortcuts=known)
    begin, directory = time.monotonic(), workspace.directory
    url = workspace.response_urls.issue(channel.id, user.id, message.ts)
    payload: Json = {
        "type": "message_action",
        "token": "local-verification-token",
        "action_ts": f"{time.time():.6f}",
        "team": {"id": directory.team.id, "domain": directory.team.domain},
        "user": actor_object(user, directory),
        "channel": {
            "id": channel.id,
            "name": "directmessage" if channel.is_im else channel.name,
        },
        "is_enterprise_install": False,
        "enterprise": None,
        "callback_id": callback,
        "trigger_id": workspace.triggers.issue(user.id),
        "response_url": f"{workspace.url}/actions/{directory.team.id}/{url.id}",
        "message_ts": message.ts,
        "message": message.body,
    }
    waiter = Waiter(channel.id, user.id, message.ts, url.id)
    with workspace.answers.expected(waiter):
        outcome = await deliver(workspace, "interactive", payload, "message_action")
        if not outcome.ok:
            failed(workspace, user, channel.id, SHORTCUT_FAILED, error=outcome.status)
            return result(outcome.status, None, None)
        answer = await first_answer(waiter, begin, workspace.settings.answer_seconds)
    return result("ok", outcome.ack_ms, answer)
