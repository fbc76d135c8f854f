"""The steps by which a stack's own procedures (`deploy.ways` and the like) become stages. Pure."""

from collections.abc import Iterator, Sequence

from playbooks.errors import BadArgument
from playbooks.model.deploy import BackUp, Checkout, OneOff, OnServices, ProcedureStep, RunScript
from playbooks.model.facts import FactQuery, Facts
from playbooks.operations import backup
from playbooks.operations.procedure_basis import (
    Procedure,
    Setting,
    arguments_of,
    backed_up,
    chosen,
    code_query,
    pending_query,
)
from playbooks.operations.procedure_parts import PARTS
from playbooks.operations.script import ready_query
from playbooks.operations.service_steps import state_query


def procedure_needs(setting: Setting, steps: Sequence[ProcedureStep]) -> tuple[FactQuery, ...]:
    """Raises BadArgument, UnknownName."""
    found = [query for step in steps for query in _needs(setting, step)]
    return tuple({query.key: query for query in found}.values())


def procedure(
    setting: Setting, steps: Sequence[ProcedureStep], facts: Facts, prefix: str = "s"
) -> Procedure:
    """The stages of all steps. Raises BadArgument, UnknownName, FactUnavailable."""
    if sum(isinstance(step, BackUp) for step in steps) > 1:
        raise BadArgument(
            f"Two backups in one procedure of {setting.stack.name} cannot be told apart.",
            "Keep one of them in the stack file.",
        )
    whole = Procedure()
    for number, step in enumerate(steps):
        whole = whole.then(PARTS[type(step)](setting, step, facts, f"{prefix}{number + 1}"))
    return whole


def _needs(setting: Setting, step: ProcedureStep) -> Iterator[FactQuery]:
    match step:
        case BackUp():
            yield from backup.needs(setting.stack, backed_up(setting.stack, step))
        case RunScript():
            yield ready_query(setting.stack, step.script, arguments_of(setting, step))
            yield from filter(None, [pending_query(step)])
        case OneOff():
            yield from filter(None, [pending_query(step)])
        case Checkout():
            yield code_query(setting, step)
        case OnServices():
            yield from (state_query(name) for name in chosen(setting.stack, step))
