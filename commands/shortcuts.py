"""From a shortcut in the menu of a message to the window that it opens."""

from commands.ports import Call, Context, Reply
from commands.respond.incident_buttons import ask_opening
from playbooks.model.base import Model
from playbooks.model.people import Actor

OPEN_INCIDENT = "open_incident_from_message"


class Chosen(Model):
    """Who chose it, on which message of which channel, and what that says."""

    actor: Actor
    channel: str
    thread_ts: str | None = None
    message_ts: str
    text: str
    once: str | None = None


def chosen(context: Context, given: Chosen) -> Reply:
    """The window, filled in. Raises InterlockError with the reason for the person."""
    call = Call(
        actor=given.actor,
        channel=given.channel,
        thread_ts=given.thread_ts,
        text="",
        origin="button",
        once=given.once,
    )
    return ask_opening(context, call, given.text, given.message_ts)
