"""Run one of the stack's own scripts or make targets."""

from collections.abc import Mapping, Sequence

from playbooks.errors import BadArgument
from playbooks.model.base import Model
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import Line, Plan, Resource, Risk, Step
from playbooks.model.scripts import Script
from playbooks.model.stack import Stack
from playbooks.playbook import Playbook


class ScriptParams(Model):
    """The script, and what it is given by name."""

    script: str
    arguments: dict[str, str] = {}


def needs(stack: Stack, params: ScriptParams) -> Sequence[FactQuery]:
    return (ready_query(stack, params.script, params.arguments),)


def plan(stack: Stack, params: ScriptParams, facts: Facts) -> Plan:
    """Raises UnknownName, BadArgument and FactUnavailable; also when a file of it is not there."""
    script = stack.script(params.script)
    words = script.words(params.arguments)
    ready = facts.of(ready_query(stack, params.script, params.arguments))
    if ready["missing"]:
        raise BadArgument(
            f"{params.script} of {stack.name} cannot run: {' '.join(ready['missing'])}",
            "Look at `scripts` in the stack file.",
        )
    risk = Risk(script.risk)
    return Plan(
        operation="script",
        stack=stack.name,
        environment=stack.environment,
        summary=f"SCRIPT {stack.environment}/{stack.name} {_typed(params)}",
        risk=risk,
        params=params.model_dump(mode="json"),
        stages=((script_step(script, params.script, params.arguments),),),
        resources=_resources(stack, risk),
        affects=_affects(script, risk),
        notes=("What it did is not undone when it fails.",) if risk is not Risk.READ else (),
        binding={"files": ready["files"]} if ready["files"] else {},
        shown=(
            Line(label="Runs", value=" ".join(words)),
            Line(label="Where", value=where(script)),
        ),
    )


def script_step(
    script: Script, name: str, arguments: Mapping[str, str], key: str = "script"
) -> Step:
    """One that only reads may be repeated after a crash; of another nobody knows what it did."""
    return Step(
        key=key,
        name=f"Run {name}",
        action="script.run",
        args={"script": name, "arguments": script.complete(arguments)},
        idempotent=Risk(script.risk) is Risk.READ,
    )


def ready_query(stack: Stack, name: str, arguments: Mapping[str, str]) -> FactQuery:
    """Raises UnknownName, BadArgument."""
    complete = stack.script(name).complete(arguments)
    return FactQuery(fact="script.ready", args={"script": name, "arguments": complete})


def where(script: Script) -> str:
    if script.service is not None:
        return f"in the container of {script.service}"
    return f"in {script.directory}" if script.directory else "on the host"


def _typed(params: ScriptParams) -> str:
    return " ".join([params.script, *(f"{k}={v}" for k, v in params.arguments.items())])


def _resources(stack: Stack, risk: Risk) -> tuple[Resource, ...]:
    """What only reads waits for nobody."""
    if risk is Risk.READ:
        return ()
    return (Resource(kind="stack", name=stack.name, exclusive=True),)


def _affects(script: Script, risk: Risk) -> tuple[str, ...]:
    if script.summary:
        return (script.summary[:1].upper() + script.summary[1:] + ".",)
    return () if risk is Risk.READ else ("What it changes is known to its authors alone.",)


SCRIPT = Playbook(operation="script", params=ScriptParams, needs=needs, plan=plan)
"""The playbook `script`."""
