"""Change an alert rule of a stack's Prometheus: checked before, taken up, seen to hold."""

import shlex
from collections.abc import Sequence

from playbooks.errors import BadArgument
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import ActionCall, Line, Plan, Resource, Risk, Step
from playbooks.model.rules import RuleChange
from playbooks.model.stack import Stack
from playbooks.playbook import Playbook
from playbooks.respond.rule_text import RuleWish, difference, name_of, rules_in, value_of

_SHOWN = 60


def needs(_: Stack, params: RuleWish) -> Sequence[FactQuery]:
    return (_query(params),)


def plan(stack: Stack, params: RuleWish, facts: Facts) -> Plan:
    """Raises BadArgument for a rule that is not there, and with promtool's words for one that it
    refuses."""
    change = RuleChange.model_validate(facts.of(_query(params)))
    name = name_of(params)
    if not change.file:
        raise BadArgument(
            f"No rule file of {stack.name} has a rule {name!r}.",
            f"`/ops rules {stack.name}` lists them.",
        )
    if change.problem:
        raise BadArgument(f"{name} cannot be changed so: {change.problem}")
    lines = difference(change.former, change.wanted)
    same = change.former == change.wanted
    return Plan(
        operation="rule",
        stack=stack.name,
        environment=stack.environment,
        summary=f"RULE {stack.environment}/{stack.name} {_words(params)}",
        risk=Risk.CHANGE,
        params=params.model_dump(mode="json"),
        stages=() if same else _stages(change, name),
        resources=(Resource(kind="stack", name=stack.name),),
        affects=() if same else (_effect(params, name),),
        keeps=() if same else (f"A failure puts {change.file} back as it was.",),
        notes=("Nothing to do: the file has it so already.",) if same else (),
        binding={"file": change.file, "former": change.former},
        shown=(
            Line(label="File", value=change.file),
            *((Line(label="Change", value=_shown(lines)),) if lines else ()),
        ),
        undo_hint=f"/ops rules {stack.name} {_undo(change, params)}" if not same else "",
    )


def _stages(change: RuleChange, name: str) -> tuple[tuple[Step, ...], ...]:
    args = {"file": change.file, "former": change.former, "wanted": change.wanted}
    write = Step(
        key="rules.write",
        name=f"Change {change.file}",
        action="rules.write",
        args=args,
        undo=ActionCall(action="rules.put_back", args=args),
        idempotent=True,
    )
    hold = Step(
        key="rules.hold",
        name=f"See that Prometheus goes by {name}",
        action="rules.hold",
        args={"file": change.file, "rule": name, "wanted": change.wanted},
        idempotent=True,
    )
    return ((write,), (hold,))


def _words(params: RuleWish) -> str:
    if params.turn != "set":
        return f"{params.turn} {params.rule}"
    return " ".join([params.rule, *(f"{key}={value}" for key, value in params.changes.items())])


def _effect(params: RuleWish, name: str) -> str:
    match params.turn:
        case "disable":
            return f"{name} is not evaluated any more: it raises no alert, whatever happens."
        case "enable":
            return f"{name} is evaluated again."
        case _:
            return f"{name} is evaluated anew; what waits for its `for` waits from the beginning."


def _undo(change: RuleChange, params: RuleWish) -> str:
    """What puts it back: the other turn, or the former values."""
    if params.turn != "set":
        return f"{'enable' if params.turn == 'disable' else 'disable'} {params.rule}"
    name, _, number = params.rule.partition("#")
    same = [rule for rule in rules_in(change.former) if rule.name == name]
    former = same[int(number or 1) - 1]
    values = [shlex.quote(f"{key}={value_of(former, key)}") for key in params.changes]
    return " ".join(["set", params.rule, *values])


def _shown(lines: Sequence[str]) -> str:
    more = len(lines) - _SHOWN
    return "\n".join([*lines[:_SHOWN], *((f"… and {more} more lines",) if more > 0 else ())])


def _query(params: RuleWish) -> FactQuery:
    return FactQuery(fact="rules.wished", args=params.model_dump(mode="json"))


RULE = Playbook(operation="rule", params=RuleWish, needs=needs, plan=plan)
