"""Verify all: read every backup of a stack whole, in the repository and in its copies."""

from collections.abc import Sequence

from playbooks.model.base import Model
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import Line, Plan, Resource, Risk, Step
from playbooks.model.stack import Stack
from playbooks.playbook import Playbook
from playbooks.repository.listing import Listing
from playbooks.repository.rules import rules_of
from playbooks.sizes import counted, in_bytes

_LIST = FactQuery(fact="repository.list")


class VerifyAllParams(Model):
    """Nothing to choose."""


def needs(_stack: Stack, _params: VerifyAllParams) -> Sequence[FactQuery]:
    return (_LIST,)


def plan(stack: Stack, params: VerifyAllParams, facts: Facts) -> Plan:
    """One step that goes on past a broken backup and names all of them. Raises FactUnavailable."""
    listing = Listing.model_validate(facts.of(_LIST))
    here = [backup for backup in listing.backups if not backup.repository]
    wanted = {rules_of(stack).repository: [backup.id for backup in here]} if here else {}
    wanted |= {copy.repository: list(copy.backups) for copy in listing.copies if copy.backups}
    count = counted(sum(map(len, wanted.values())), "backup")
    troubles = [copy.problem for copy in listing.copies if copy.problem]
    troubles += [each.problem for each in listing.unreadable]
    return Plan(
        operation="verify-all",
        stack=stack.name,
        environment=stack.environment,
        summary=f"VERIFY {stack.environment}/{stack.name} all: {count}",
        risk=Risk.READ,
        params=params.model_dump(mode="json"),
        stages=((_verify(wanted),),) if wanted else (),
        resources=(Resource(kind="stack", name=stack.name),),
        notes=(
            *(("There is no backup yet.",) if not wanted else ()),
            *((listing.problem,) if listing.problem else ()),
            *troubles,
        ),
        binding={"backups": wanted},
        shown=(
            Line(label="Repository", value=f"{counted(len(here), 'backup')}, {_size(listing)}"),
            *(
                Line(label=copy.repository, value=counted(len(copy.backups), "backup"))
                for copy in listing.copies
            ),
        ),
    )


def _size(listing: Listing) -> str:
    return in_bytes(sum(b.stored_bytes for b in listing.backups if not b.repository))


def _verify(wanted: dict[str, list[str]]) -> Step:
    return Step(
        key="verify",
        name="Read every backup and compare every checksum",
        action="repository.verify_all",
        args={"backups": wanted},
        idempotent=True,
    )


VERIFY_ALL = Playbook(operation="verify-all", params=VerifyAllParams, needs=needs, plan=plan)
"""The playbook `verify-all`."""
