"""Whether a stack is under maintenance: what its users see, and what is remembered."""

from typing import Any

from playbooks.errors import ActionFailed, FactUnavailable
from playbooks.hosts.maintenance.of_stack import switch_of
from playbooks.model.base import JsonObject
from playbooks.ports import Reading
from playbooks.registry import NoArgs, Reader


def state(reading: Reading, _: NoArgs) -> JsonObject:
    """{on: whether users see it now, known: {since, until, message, run, person}|null}.

    `known` is what Interlock switched on; maintenance that another hand began is `on` alone.
    """
    known = reading.past.maintenance_of(reading.stack.name)
    try:
        shown = switch_of(reading.stack, reading.secrets).is_on()
    except ActionFailed as error:
        raise FactUnavailable(error.message, error.hint) from error
    told = known.model_dump(mode="json", exclude={"stack"}) if known else None
    return {"on": shown, "known": told}


def going_on(reading: Reading, _: NoArgs) -> JsonObject:
    """{runs: [id], firing: [words]}: the stack's runs that have begun and not ended, and what is
    wrong with it as it is watched; oldest first."""
    name = reading.stack.name
    return {"runs": list(reading.past.going_on(name)), "firing": list(reading.past.firing(name))}


def windows(reading: Reading, _: NoArgs) -> JsonObject:
    """{windows: [{id, starts, ends, message, person}]}: what is planned, the next one first."""
    shown = {"id", "starts", "ends", "message", "person"}
    planned = reading.past.windows_of(reading.stack.name)
    return {"windows": [window.model_dump(mode="json", include=shown) for window in planned]}


READERS: tuple[Reader[Any], ...] = (
    Reader("maintenance.state", NoArgs, state),
    Reader("maintenance.runs", NoArgs, going_on),
    Reader("maintenance.windows", NoArgs, windows),
)
