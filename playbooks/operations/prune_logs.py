"""Remove log files that are older than their stack keeps them."""

from collections import Counter
from collections.abc import Sequence
from pathlib import PurePath

from playbooks.model.base import Model
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.old_logs import OldLog, OldLogsFact
from playbooks.model.plan import Line, Plan, Resource, Risk, Step
from playbooks.model.stack import Stack
from playbooks.playbook import Playbook
from playbooks.sizes import counted, in_bytes

OLD_LOGS = FactQuery(fact="oldlogs.files")
_NAMED = 40


class PruneLogsParams(Model):
    """All that `keep` of the stack's logs lets go."""


def needs(_stack: Stack, _params: PruneLogsParams) -> Sequence[FactQuery]:
    return (OLD_LOGS,)


def plan(stack: Stack, params: PruneLogsParams, facts: Facts) -> Plan:
    found = OldLogsFact.model_validate(facts.of(OLD_LOGS))
    files, frees = found.files, sum(file.bytes for file in found.files)
    step = Step(
        key="remove",
        name=f"Remove {counted(len(files), 'log file')}",
        action="oldlogs.remove",
        args={"files": [file.model_dump(mode="json") for file in files]},
        idempotent=True,
    )
    return Plan(
        operation="prune-logs",
        stack=stack.name,
        environment=stack.environment,
        summary=(
            f"PRUNE {stack.environment}/{stack.name} {counted(len(files), 'old log file')}, "
            f"frees {in_bytes(frees)}"
        ),
        risk=Risk.DESTROY,
        params=params.model_dump(),
        stages=((step,),) if files else (),
        resources=(Resource(kind="stack", name=stack.name),),
        loses=_lost(files),
        notes=(*(() if files else (_nothing(stack),)), *found.passed_over),
        binding={"files": [[file.path, file.bytes, file.modified] for file in files]},
        shown=(Line(label="Frees", value=in_bytes(frees)),),
    )


def _lost(files: Sequence[OldLog]) -> tuple[str, ...]:
    """Each file, or of very many how many there are in each folder."""
    if len(files) <= _NAMED:
        return tuple(f"{file.path}, {in_bytes(file.bytes)}, kept {file.kept}." for file in files)
    folders = Counter(str(PurePath(file.path).parent) for file in files)
    return tuple(f"{counted(count, 'file')} in {folder}." for folder, count in folders.items())


def _nothing(stack: Stack) -> str:
    kept = any(log.keep for service in stack.services.values() for log in service.logs)
    if not kept and not any(log.keep for log in stack.logs):
        return f"Nothing to do: no log of {stack.name} has `keep` in the stack file."
    return "Nothing to do: no log file is older than it is kept."


PRUNE_LOGS = Playbook(operation="prune-logs", params=PruneLogsParams, needs=needs, plan=plan)
