"""Ending the helper containers of a run."""

from playbooks.byhand import helpers as by_hand
from playbooks.hosts.containers import helper as helper_container
from playbooks.hosts.engines import engines_of
from playbooks.model.base import JsonObject
from playbooks.ports import Work
from playbooks.registry import Action, NoArgs


def clear(work: Work, _: NoArgs) -> JsonObject:
    """Ends and removes what helpers of this run are left. `{removed}`. For undoing and for owing:
    a helper goes by itself when its step ends, but not when the bot is killed in the step."""
    return {"removed": clear_all(work)}


def clear_all(work: Work) -> int:
    """Ends and removes the run's helpers on all engines of the stack; how many there were. Raises
    HostError."""
    return sum(helper_container.clear(work.run, host) for host in engines_of(work.stack))


ACTIONS = (Action("helper.clear", NoArgs, clear, by_hand.clear),)
