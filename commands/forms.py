"""From a window that somebody filled in to what it does."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType

from commands.dispatch import answer
from commands.naming import completed
from commands.naming import mistakes as naming_mistakes
from commands.ports import Call, Context, Reply
from commands.respond.forms import ON_ALERT_FORMS
from commands.respond.incident_buttons import ON_INCIDENT_FORMS
from notifiers.views.naming import NAMING_FORM
from playbooks.errors import UnknownName
from playbooks.model.base import Model
from playbooks.model.people import Actor


class Filled(Model):
    """One window that was filled in: who, which one, what it carries, and what stands in each of
    its inputs, by their block ids. `channel` is where the answer goes."""

    actor: Actor
    channel: str
    callback: str
    carried: str
    values: dict[str, str] = {}
    at: datetime
    once: str | None = None


_OnForm = Callable[[Context, Call, str, Mapping[str, str], datetime], Reply]


def _name_filled(
    context: Context, call: Call, value: str, values: Mapping[str, str], _: datetime
) -> Reply:
    typed = {"text": completed(value, values), "origin": "slack"}
    return answer(context, call.model_copy(update=typed))


_FORMS: Mapping[str, _OnForm] = MappingProxyType(
    {**ON_ALERT_FORMS, **ON_INCIDENT_FORMS, NAMING_FORM: _name_filled}
)
CALLBACKS = frozenset(_FORMS)


def mistakes(callback: str, value: str, values: Mapping[str, str]) -> Mapping[str, str]:
    """What the window itself can say is wrong, by the input it stands in, before anything is done
    about it; empty where there is nothing."""
    return naming_mistakes(value, values) if callback == NAMING_FORM else {}


def submit(context: Context, given: Filled) -> Reply:
    """Does what the window is for. Raises InterlockError with the reason for the person."""
    handle = _FORMS.get(given.callback)
    if handle is None:
        raise UnknownName(f"Nothing answers to the window `{given.callback}`.", "Open it again.")
    call = Call(actor=given.actor, channel=given.channel, text="", origin="button", once=given.once)
    return handle(context, call, given.carried, given.values, given.at)


def carried(metadata: str) -> tuple[str, str]:
    """The channel, and what a window carries, as its `private_metadata` has them; empty where it is
    none of ours."""
    try:
        found = json.loads(metadata or "{}")
    except ValueError:
        return "", ""
    if not isinstance(found, dict):
        return "", ""
    return str(found.get("channel") or ""), str(found.get("value") or "")
