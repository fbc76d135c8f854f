"""From typed names to what they name, with the permission checked first."""

from collections.abc import Mapping
from typing import Protocol

from commands.names import found
from commands.ports import Call, Context, Dossier
from playbooks.errors import Refused, UnknownName
from playbooks.model.datastores import Datastore
from playbooks.model.people import Permission
from playbooks.model.service import Service
from playbooks.model.stack import Stack
from playbooks.respond.incident import Incident


def stack_for(context: Context, call: Call, name: str, permission: Permission) -> Stack:
    """The stack called `name`, when the person has `permission` there.

    Raises UnknownName with the nearest name, or Refused.
    """
    stack = found(context.stacks, name, "stack")
    context.access.require(call.actor, permission, stack)
    return stack


class NamesStack(Protocol):
    """Words that name a stack."""

    @property
    def stack(self) -> str: ...


def stack_named(context: Context, call: Call, params: NamesStack, permission: Permission) -> Stack:
    """The same of the stack that the words name: how most operations find theirs."""
    return stack_for(context, call, params.stack, permission)


def stacks_open_to(context: Context, call: Call, permission: Permission) -> Mapping[str, Stack]:
    """The stacks where the person has `permission`. Raises Refused when there is none."""
    open_to = {
        name: stack
        for name, stack in context.stacks.items()
        if context.access.may(call.actor, permission, stack)
    }
    if not open_to and context.stacks:
        raise Refused(
            f"No role of yours ({call.actor.name}) lets you {_verb(permission)} on any stack.",
            "Ask whoever keeps `interlock.yaml` for a role.",
        )
    return open_to


def service_of(stack: Stack, name: str) -> tuple[str, Service]:
    """The service and its exact name. Raises UnknownName with the nearest."""
    service = found(stack.services, name, "service", stack.name)
    return next(key for key, value in stack.services.items() if value is service), service


def datastore_of(stack: Stack, name: str) -> tuple[str, Datastore]:
    """The datastore and its exact name. Raises UnknownName with the nearest."""
    store = found(stack.datastores, name, "datastore", stack.name)
    return next(key for key, value in stack.datastores.items() if value is store), store


def dossier_for(context: Context, call: Call, id_: str, permission: Permission) -> Dossier:
    """The request (or run) with that id, when the person has `permission` on its stack."""
    dossier = context.history.dossier(id_.lower())
    stack = context.stacks.get(dossier.request.plan.stack)
    if stack is None:
        raise Refused(
            f"{id_} belongs to the stack {dossier.request.plan.stack!r}, which is no longer known.",
            "Put its stack file back to see it.",
        )
    context.access.require(call.actor, permission, stack)
    if not may_know_run(context, call, dossier):
        raise UnknownName(f"There is no request {id_!r}.", "`/ops runs` lists what there is.")
    return dossier


def may_know(context: Context, call: Call, incident: Incident) -> bool:
    """Whether the incident may be spoken of in the answer: to this person, and where everybody
    reads it, only where everybody was asked in."""
    if call.in_the_open and incident.private:
        return bool(incident.channel) and call.channel == incident.channel
    return context.incidents.may_see(incident, call.actor, call.channel)


def may_know_run(context: Context, call: Call, dossier: Dossier) -> bool:
    """Whether the run may be spoken of: what belongs to an incident, only where that may be."""
    return may_know_incident(context, call, dossier.request.incident)


def may_know_incident(context: Context, call: Call, incident: str) -> bool:
    """As `may_know`, by its id. Of none everybody may; of one that is not there nobody."""
    if not incident:
        return True
    try:
        return may_know(context, call, context.incidents.get(incident))
    except UnknownName:
        return False


def _verb(permission: Permission) -> str:
    return {
        "break_glass": "break glass",
        "audit": "read the audit",
        "download": "download backups",
    }.get(permission, permission)
