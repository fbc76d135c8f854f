"""The app's Home tab: opened, and what is pressed there."""

import asyncio
import time

from bot.workspace.acts.submissions import open_view
from bot.workspace.store.directory import User
from bot.workspace.types import Json
from bot.workspace.workspace import Workspace

LOOK_SECONDS = 0.02


def pressed_view(workspace: Workspace, user: User, view_id: str) -> Json:
    """The user's Home tab or open modal of that id; raises SimError 404 naming the modals."""
    home = workspace.views.home(user.id)
    if home is not None and home["id"] == view_id:
        return home
    return open_view(workspace, user, view_id)


async def open_home(workspace: Workspace, user: User) -> Json:
    """Opens it; `{status, blocks}` with what the app published upon it, or before."""
    before = workspace.views.home(user.id)
    channel = workspace.directory.open_im(user)
    event: Json = {
        "type": "app_home_opened",
        "user": user.id,
        "channel": channel.id,
        "tab": "home",
        "event_ts": workspace.conversation.clock.next(),
    }
    if before is not None:
        event["view"] = before
    with workspace.database.transaction():
        workspace.events.publish("app_home_opened", event)
    until = time.monotonic() + workspace.settings.answer_seconds
    while time.monotonic() < until:
        now = workspace.views.home(user.id)
        if now is not None and (before is None or now["hash"] != before["hash"]):
            return {"status": "ok", "blocks": now["blocks"]}
        await asyncio.sleep(LOOK_SECONDS)
    return {"status": "unchanged", "blocks": before["blocks"] if before else []}
