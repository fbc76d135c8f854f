"""Typing a slash command."""

import time
from dataclasses import dataclass

from bot.workspace.acts.acting import deliver, failed, first_answer, result
from bot.workspace.acts.answers import Waiter
from bot.workspace.acts.responding import respond
from bot.workspace.delivery.outcome import Outcome
from bot.workspace.errors import SlackError
from bot.workspace.seed import SlashCommand
from bot.workspace.shapes import shown
from bot.workspace.store.directory import SLACKBOT, Channel, User
from bot.workspace.store.response_urls import ResponseUrl
from bot.workspace.text import as_sent, escaped
from bot.workspace.types import Json
from bot.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Typed:
    """Who typed which command with which text, and where."""

    user: User
    channel: Channel
    command: str
    text: str


async def run_command(workspace: Workspace, typed: Typed) -> Json:
    """Types it; returns `{status, ack_ms, response}` with the first visible answer."""
    begin = time.monotonic()
    declared = workspace.manifest.command(typed.command)
    if declared is None:
        known = ", ".join(each.command for each in workspace.manifest.commands)
        notice = f"`{typed.command}` is not a valid command. Commands here: {known}."
        return _refused(workspace, typed, "invalid_command", notice)
    url = workspace.response_urls.issue(typed.channel.id, typed.user.id, None)
    waiter = Waiter(typed.channel.id, typed.user.id, response_url=url.id)
    with workspace.answers.expected(waiter):
        payload = _payload(workspace, typed, declared, url)
        outcome = await deliver(workspace, "slash_commands", payload, "slash_commands")
        status = _acknowledged(workspace, url, outcome)
        if status != "ok":
            notice = f'{typed.command} failed with the error "{status}"'
            return _refused(workspace, typed, status, notice)
        answer = await first_answer(waiter, begin, workspace.settings.answer_seconds)
    return result("ok", outcome.ack_ms, answer)


def _payload(workspace: Workspace, typed: Typed, declared: SlashCommand, url: ResponseUrl) -> Json:
    directory, user, channel = workspace.directory, typed.user, typed.channel
    escape = declared.should_escape
    return {
        "token": "local-verification-token",
        "team_id": directory.team.id,
        "team_domain": directory.team.domain,
        "channel_id": channel.id,
        "channel_name": "directmessage" if channel.is_im else channel.name,
        "user_id": user.id,
        "user_name": user.name,
        "command": typed.command,
        "text": as_sent(typed.text, directory, True) if escape else escaped(typed.text),
        "api_app_id": directory.bot.app_id,
        "is_enterprise_install": "false",
        "response_url": f"{workspace.url}/commands/{directory.team.id}/{url.id}",
        "trigger_id": workspace.triggers.issue(user.id),
    }


def _acknowledged(workspace: Workspace, url: ResponseUrl, outcome: Outcome) -> str:
    answer = outcome.payload or {}
    if not outcome.ok or not (answer.get("text") or answer.get("blocks")):
        return outcome.status
    try:
        respond(workspace, url, answer)
    except SlackError as error:
        return error.code
    return "ok"


def _refused(workspace: Workspace, typed: Typed, status: str, notice: str) -> Json:
    user, channel = typed.user, typed.channel
    message = workspace.conversation.whisper(channel, SLACKBOT, user.id, {"text": notice}, None)
    failed(workspace, user, channel.id, notice, command=typed.command)
    return result(status, None, shown(message, workspace.directory))
