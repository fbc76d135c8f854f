"""What differs between the plan that was approved and the plan of now, in sentences."""

from collections.abc import Iterator, Mapping
from typing import Any

from playbooks.model.base import canonical_json
from playbooks.model.plan import Plan


def differences(old: Plan, new: Plan) -> tuple[str, ...]:
    """One sentence a difference that matters to the digest, facts first. Empty: none."""
    return (*_facts(old, new), *_steps(old, new), *_terms(old, new))


def policy_changed(old_version: str, new_version: str) -> tuple[str, ...]:
    if old_version == new_version:
        return ()
    return ("The policy was changed after the request was made.",)


def _facts(old: Plan, new: Plan) -> Iterator[str]:
    before, after = dict(_leaves(old.binding)), dict(_leaves(new.binding))
    for path in sorted(before.keys() | after.keys()):
        if path not in after:
            yield f"{path} was {_shown(before[path])} and is gone."
        elif path not in before:
            yield f"{path} is new: {_shown(after[path])}."
        elif before[path] != after[path]:
            yield f"{path} was {_shown(before[path])} and is now {_shown(after[path])}."


def _steps(old: Plan, new: Plan) -> Iterator[str]:
    before = {step.key: step for step in old.steps}
    after = {step.key: step for step in new.steps}
    for key, step in before.items():
        if key not in after:
            yield f"The step “{step.name}” is no longer needed."
        elif after[key].bound != step.bound:
            yield f"The step “{step.name}” would do something else."
    for key, step in after.items():
        if key not in before:
            yield f"The step “{step.name}” is new."
    if list(before) != list(after) and before.keys() == after.keys():
        yield "The steps come in another order."


def _terms(old: Plan, new: Plan) -> Iterator[str]:
    if old.risk != new.risk:
        yield f"The risk was {old.risk} and is now {new.risk}."
    if old.params != new.params:
        yield "The parameters differ."
    if old.point_of_no_return != new.point_of_no_return:
        yield "The point of no return is at another step."
    if old.owed != new.owed:
        yield "What is put back at the end differs."
    if old.resources != new.resources:
        yield "It holds other resources while it runs."
    if old.checklist != new.checklist:
        yield "The checklist before it differs."
    if old.afterwards != new.afterwards:
        yield "What follows by itself after it differs."


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _leaves(inner, f"{path} {key}".strip())
    else:
        yield path, value


def _shown(value: Any, most: int = 60) -> str:
    text = value if isinstance(value, str) else canonical_json(value)
    return text if len(text) <= most else f"{text[: most - 1]}…"
