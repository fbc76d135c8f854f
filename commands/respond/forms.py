"""The windows about alerts."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from commands.ports import Call, Context, Reply
from commands.respond.pressed import changeable
from notifiers.views.alert_form import SILENCE_FORM, UNTIL
from playbooks.errors import BadArgument, Refused

OnForm = Callable[[Context, Call, str, Mapping[str, str], datetime], Reply]
LONGEST = timedelta(days=30)


def _silence_until(
    context: Context, call: Call, value: str, values: Mapping[str, str], _: datetime
) -> Reply:
    group = changeable(context, call, value)
    said = values.get(UNTIL, "")
    if not said.isdigit():
        raise BadArgument("The window says no time until which it is to be silent.")
    until, now = datetime.fromtimestamp(int(said), UTC), context.now()
    if not now < until <= now + LONGEST:
        raise Refused(
            f"{until:%Y-%m-%d %H:%M} UTC is not within the next {LONGEST.days} days.",
            "Pick a later time, at most so far ahead.",
        )
    context.alerts.silence(group.key, call.actor, until)
    return Reply()


ON_ALERT_FORMS: Mapping[str, OnForm] = MappingProxyType({SILENCE_FORM: _silence_until})
