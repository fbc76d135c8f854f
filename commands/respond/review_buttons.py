"""The buttons of phases, and of reminders of what is to be done."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from types import MappingProxyType

from commands.ports import Call, Context, Reply
from commands.respond.action import finish
from commands.respond.incident_words import require
from notifiers.ports import Body
from notifiers.views.followup import DONE
from notifiers.views.phases import TICK, UNTICK
from playbooks.errors import BadArgument

OnReview = Callable[[Context, Call, str, datetime], Reply]


def _tick(context: Context, call: Call, value: str, _: datetime, *, done: bool) -> Reply:
    name, separator, place = value.partition(":")
    if not separator:
        raise BadArgument(f"The button carries {value[:80]!r}, which names no item.")
    incident = context.incidents.get(name)
    require(context, call, incident, "ask")
    context.reviews.tick(incident, place, call.actor, done=done)
    return Reply()


def _done(context: Context, call: Call, value: str, _: datetime) -> Reply:
    after = finish(context, call, value)
    return Reply(body=Body(text=f"{after.id} is done: {after.text}"))


ON_REVIEWS: Mapping[str, OnReview] = MappingProxyType(
    {TICK: partial(_tick, done=True), UNTICK: partial(_tick, done=False), DONE: _done}
)
