"""The services that are down for a while: those that run are stopped, and up again whatever
happens."""

from collections.abc import Iterable

from playbooks.datastores.protocol import Stages
from playbooks.errors import BadArgument
from playbooks.model.base import JsonObject, Model
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import Owed
from playbooks.model.stack import Stack
from playbooks.operations.service_steps import (
    bring_up,
    in_order,
    owed_up,
    starting,
    state_query,
    states_of,
    stopping,
)


class Downtime(Model):
    """`states` are those of all that were asked for. Only those that run are stopped, and started
    again.

    `owed` counts its `since` from the first of `stops`; `starts` end with waiting for health.
    """

    states: dict[str, str]
    stops: Stages
    starts: Stages
    owed: tuple[Owed, ...]
    affects: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def stopped(self) -> tuple[str, ...]:
        """What the plan stops, in start-up order."""
        return tuple(owed.key.removeprefix("up.") for owed in self.owed)

    @property
    def binding(self) -> JsonObject:
        return {"services": self.states} if self.states else {}

    def owed_since(self, stage: int) -> tuple[Owed, ...]:
        """`stage` is where `stops` begin in the plan."""
        return tuple(owed.model_copy(update={"since": stage}) for owed in self.owed)


def downtime_queries(stack: Stack, datastore: str) -> tuple[FactQuery, ...]:
    """The states of the datastore's own service and of its users."""
    own = stack.datastore(datastore).service
    names = ((own,) if own else ()) + stack.users_of(datastore)
    return tuple(state_query(name) for name in names)


def downtime(
    stack: Stack,
    facts: Facts,
    *,
    must: Iterable[str] = (),
    may: Iterable[str] = (),
    meanwhile: str,
    bears: str,
) -> Downtime:
    """`must` are down for it to be possible at all, `may` as far as they are ours to stop.

    `meanwhile` ends the sentence "api is down …", `bears` "cron keeps running and must bear …".
    Raises FactUnavailable, and BadArgument when one that must be down is not run by Interlock.
    """
    needed, names = tuple(must), tuple(dict.fromkeys((*must, *may)))
    states = states_of(facts, in_order(stack, names))
    for name in needed:
        if states[name] == "unmanaged":
            raise BadArgument(
                f"{name} of {stack.name} has to stop for this, and Interlock does not run it.",
                f"Give services.{name} a `process` or a `container` in the stack file.",
            )
    running = in_order(stack, (name for name in names if states[name] == "running"))
    return Downtime(
        states=states,
        stops=stopping(stack, running),
        starts=starting(stack, running, bring_up),
        owed=tuple(owed_up(stack, name) for name in running),
        affects=(
            *(f"{name} is down {meanwhile}." for name in running),
            *_left_without(stack, frozenset(running), states),
        ),
        notes=tuple(
            _note(name, state, bears) for name, state in states.items() if state != "running"
        ),
    )


def _left_without(stack: Stack, stopped: frozenset[str], states: dict[str, str]) -> tuple[str, ...]:
    """A line for each service that keeps running without one that it needs."""
    return tuple(
        f"{name} needs {', '.join(sorted(needed))} and is without meanwhile."
        for name, service in stack.services.items()
        if name not in stopped
        and states.get(name) != "stopped"
        and (needed := stopped.intersection(service.needs))
    )


def _note(name: str, state: str, bears: str) -> str:
    if state == "unmanaged":
        return f"{name} is not run by Interlock: it keeps running and must bear {bears}."
    return f"{name} is stopped and stays stopped."
