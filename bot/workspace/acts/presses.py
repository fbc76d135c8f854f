"""Pressing a button or choosing an option, in a message, a modal or the Home tab."""

import time
from dataclasses import dataclass
from typing import Any

from bot.workspace.acts.acting import deliver, failed, first_answer, result
from bot.workspace.acts.answers import Waiter
from bot.workspace.blocks.blocks import elements_of
from bot.workspace.blocks.state import chosen, state_values
from bot.workspace.errors import SimError
from bot.workspace.shapes import actor_object
from bot.workspace.store.directory import Channel, User
from bot.workspace.store.messages import Stored
from bot.workspace.types import Json
from bot.workspace.workspace import Workspace

PRESS_FAILED = "This app did not respond. Try again."


@dataclass(frozen=True, slots=True)
class Pressed:
    """Which element: `block_id`, or a button's own value, only where one action_id is in several
    blocks."""

    action_id: str
    block_id: str | None
    value: Any
    state: Json


async def press_message(
    workspace: Workspace, user: User, channel: Channel, ts: str, pressed: Pressed
) -> Json:
    """Presses in a message; returns `{status, ack_ms, response}`.

    Raises SimError 404 when the message or the element is not there, naming what is.
    """
    message = workspace.messages.get(channel.id, ts)
    if message is None or message.visible_to not in (None, user.id):
        raise SimError(404, "no_such_message", f"{user.name} sees no message {ts} there")
    blocks = _seen(workspace, message, pressed)
    block, element = find(blocks, pressed)
    url = workspace.response_urls.issue(channel.id, user.id, ts)
    payload = {
        **_payload(workspace, user, block, element, pressed),
        **_in_message(message, channel, blocks, pressed),
        "response_url": f"{workspace.url}/actions/{workspace.directory.team.id}/{url.id}",
    }
    waiter = Waiter(channel.id, user.id, ts, url.id)
    return await _deliver(workspace, user, waiter, payload)


def _seen(workspace: Workspace, message: Stored, pressed: Pressed) -> list[Json]:
    """The blocks that are pressed: today's, or those a page still shows that lags behind."""
    blocks: list[Json] = message.body.get("blocks", [])
    for earlier in (blocks, *workspace.earlier.blocks_of(message)):
        if has(earlier, pressed):
            return earlier
    return blocks


def _in_message(message: Stored, channel: Channel, blocks: list[Json], pressed: Pressed) -> Json:
    ephemeral = message.visible_to is not None
    container: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": message.channel,
        "is_ephemeral": ephemeral,
    }
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    fields: Json = {
        "container": container,
        "channel": {
            "id": channel.id,
            "name": "directmessage" if channel.is_im else channel.name,
        },
        "state": {"values": state_values(blocks, _state(blocks, pressed))},
    }
    return fields if ephemeral else {**fields, "message": message.body}


def _state(blocks: list[Json], pressed: Pressed) -> Json:
    block, element = find(blocks, pressed)
    state = {block_id: dict(actions) for block_id, actions in pressed.state.items()}
    if pressed.value is not None and element["type"] not in ("button", "overflow"):
        state.setdefault(block["block_id"], {})[pressed.action_id] = pressed.value
    return state


async def press_view(workspace: Workspace, user: User, view: Json, pressed: Pressed) -> Json:
    """Presses in a modal or Home tab; what was typed so far goes along."""
    blocks = view["blocks"]
    block, element = find(blocks, pressed)
    values = state_values(blocks, _state(blocks, pressed), view["state"]["values"])
    typed = workspace.modals.keep_state(user.id, view, values)
    payload = {
        **_payload(workspace, user, block, element, pressed),
        "container": {"type": "view", "view_id": view["id"]},
        "view": typed,
    }
    return await _deliver(workspace, user, Waiter(None, user.id), payload)


async def _deliver(workspace: Workspace, user: User, waiter: Waiter, payload: Json) -> Json:
    begin = time.monotonic()
    with workspace.answers.expected(waiter):
        outcome = await deliver(workspace, "interactive", payload, "block_actions")
        if not outcome.ok:
            failed(workspace, user, waiter.channel, PRESS_FAILED, error=outcome.status)
            return result(outcome.status, None, None)
        answer = await first_answer(waiter, begin, workspace.settings.answer_seconds)
    return result("ok", outcome.ack_ms, answer)


def has(blocks: list[Json], pressed: Pressed) -> bool:
    """Whether that element is there."""
    return any(
        element.get("action_id") == pressed.action_id
        and pressed.block_id in (None, block["block_id"])
        for block in blocks
        for element in elements_of(block)
    )


def find(blocks: list[Json], pressed: Pressed) -> tuple[Json, Json]:
    """The block and element; of several buttons that are called the same, the one that carries the
    value. Raises SimError 404 naming the actions that are there."""
    there = []
    fitting = []
    for block in blocks:
        for element in elements_of(block):
            there.append({"block_id": block["block_id"], "action_id": element.get("action_id")})
            same_block = pressed.block_id in (None, block["block_id"])
            if same_block and element.get("action_id") == pressed.action_id:
                fitting.append((block, element))
    if fitting:
        carrying = (each for each in fitting if each[1].get("value") == pressed.value)
        return next(carrying, fitting[0])
    raise SimError(
        409, "no_such_action", f"there is no {pressed.action_id!r} here now", actions=there
    )


def _payload(
    workspace: Workspace, user: User, block: Json, element: Json, pressed: Pressed
) -> Json:
    directory = workspace.directory
    action = {**_acted(element, pressed), "block_id": block["block_id"]}
    return {
        "type": "block_actions",
        "user": actor_object(user, directory),
        "api_app_id": directory.bot.app_id,
        "token": "local-verification-token",
        "trigger_id": workspace.triggers.issue(user.id),
        "team": {"id": directory.team.id, "domain": directory.team.domain},
        "enterprise": None,
        "is_enterprise_install": False,
        "actions": [{**action, "action_ts": f"{time.time():.6f}"}],
    }


def _acted(element: Json, pressed: Pressed) -> Json:
    kind = element["type"]
    if kind == "button":
        names = ("type", "action_id", "text", "value", "style", "url")
        return {name: element[name] for name in names if name in element}
    acted = {"type": kind, "action_id": element["action_id"]}
    for name in ("placeholder", "initial_option", "confirm"):
        if name in element:
            acted[name] = element[name]
    return {**acted, **chosen(element, pressed.value)}
