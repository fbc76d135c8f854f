"""Verify: read a whole backup and see that every bit of it is as it was written."""

from collections.abc import Sequence

from playbooks.model.base import JsonObject, Model
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import Line, Plan, Resource, Risk, Step
from playbooks.model.stack import Stack
from playbooks.playbook import Playbook
from playbooks.repository.listing import Summary
from playbooks.sizes import in_bytes


class VerifyParams(Model):
    """A backup, by its whole id."""

    backup: str


def needs(_: Stack, params: VerifyParams) -> Sequence[FactQuery]:
    return (_backup(params),)


def plan(stack: Stack, params: VerifyParams, facts: Facts) -> Plan:
    """One step that reads everything. Raises FactUnavailable when there is no such backup."""
    known = facts.of(_backup(params))
    summary = Summary.model_validate(known["summary"])
    stores = ", ".join(summary.stores)
    return Plan(
        operation="verify",
        stack=stack.name,
        environment=stack.environment,
        summary=f"VERIFY {stack.environment}/{stack.name} backup {summary.id} ({stores})",
        risk=Risk.READ,
        params=params.model_dump(mode="json"),
        stages=((_verify(params, summary),),),
        resources=(Resource(kind="stack", name=stack.name),),
        binding={"backup": summary.id, "checksum": known["checksum"], **_copy(summary)},
        shown=(
            Line(label="Backup", value=f"{summary.id}, {summary.origin}, by {summary.requester}"),
            Line(label="Holds", value=f"{stores}: {in_bytes(summary.bytes)}"),
            Line(label="Stored", value=_stored(summary)),
        ),
    )


def _verify(params: VerifyParams, summary: Summary) -> Step:
    return Step(
        key="verify",
        name=f"Read {summary.id} and compare every checksum",
        action="repository.verify",
        args={"backup": params.backup, **_copy(summary)},
        idempotent=True,
    )


def _copy(summary: Summary) -> JsonObject:
    """The copy that is read where the primary repository lost the backup."""
    return {"repository": summary.repository} if summary.repository else {}


def _stored(summary: Summary) -> str:
    where = f" at {summary.repository}" if summary.repository else ""
    return in_bytes(summary.stored_bytes) + (", encrypted" if summary.encrypted else "") + where


def _backup(params: VerifyParams) -> FactQuery:
    return FactQuery(fact="repository.backup", args={"backup": params.backup})


VERIFY = Playbook(operation="verify", params=VerifyParams, needs=needs, plan=plan)
