"""The common part of every act: who does it where, delivery, the answer, the failure."""

import asyncio
import time

from bot.workspace.acts.answers import Waiter
from bot.workspace.delivery.outcome import Outcome, Parcel
from bot.workspace.errors import SimError
from bot.workspace.store.directory import Channel, User
from bot.workspace.types import Json
from bot.workspace.workspace import Workspace


def person(workspace: Workspace, key: str) -> User:
    """A person by name or id; raises SimError 404 naming those who are there."""
    user = workspace.directory.user(key)
    if user is None or user.is_bot:
        names = [each.name for each in workspace.directory.people()]
        raise SimError(404, "no_such_user", f"there is no person {key!r}", users=names)
    return user


def place(workspace: Workspace, key: str, user: User) -> Channel:
    """A channel of that person by name or id; raises SimError 404 naming those there are."""
    channel = workspace.directory.channel(key)
    if channel is None or not workspace.directory.is_member(channel.id, user.id):
        names = [each.name for each in workspace.directory.channels_of(user.id)]
        message = f"{user.name} has no channel {key!r}"
        raise SimError(404, "no_such_channel", message, channels=names)
    return channel


async def deliver(workspace: Workspace, kind: str, payload: Json, label: str) -> Outcome:
    """Hands a payload to the bot and notes it in the inspector."""
    outcome = await workspace.transport.deliver(Parcel(kind, payload))
    workspace.inspector.delivered(label, payload, outcome)
    return outcome


def failed(workspace: Workspace, user: User, channel: str | None, text: str, **more: str) -> None:
    """Shows the person what Slack shows when the bot failed."""
    event: Json = {"type": "failure", "channel": channel, "text": text, **more}
    workspace.feed.tell([user.id], event)


async def first_answer(waiter: Waiter, begin: float, seconds: float) -> Json | None:
    """What the person saw first, or None after `seconds` since `begin` (monotonic)."""
    left = begin + seconds - time.monotonic()
    try:
        async with asyncio.timeout(max(0.0, left)):
            return await waiter.answer
    except TimeoutError:
        return None


def result(status: str, ack_ms: float | None, response: Json | None) -> Json:
    """The answer of an act: `ack_ms` in milliseconds, None without an ack."""
    rounded = round(ack_ms, 3) if ack_ms is not None else None
    return {"status": status, "ack_ms": rounded, "response": response}
