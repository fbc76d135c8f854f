"""Carries out stages of a plan, step after step, with nothing durable about it."""

from collections.abc import Mapping
from typing import Any

from playbooks.datastores.protocol import Stages
from playbooks.model.base import JsonObject
from playbooks.model.plan import ActionCall, Step
from playbooks.registry import Action, found
from tests.support.work import TestWork

Actions = Mapping[str, Action[Any]]


def filled(value: Any, work: TestWork, outputs: Mapping[str, JsonObject]) -> Any:
    """Arguments with their placeholders filled in, as ActionCall describes them."""
    if isinstance(value, str):
        started = f"{work.started:%Y%m%d-%H%M%S}"
        return value.replace("{run}", work.run).replace("{started}", started)
    if isinstance(value, list):
        return [filled(item, work, outputs) for item in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"$from"}:
        return _output(value["$from"], outputs)
    return {key: filled(item, work, outputs) for key, item in value.items()}


def call(
    action: ActionCall, work: TestWork, actions: Actions, outputs: Mapping[str, JsonObject]
) -> JsonObject:
    return found(actions, action.action).call(work, filled(action.args, work, outputs))


def carry_out(
    stages: Stages, work: TestWork, actions: Actions, outputs: dict[str, JsonObject]
) -> list[Step]:
    """Outputs are added by the steps' keys. Returns the steps in the order they were done."""
    done = []
    for step in (step for stage in stages for step in stage):
        outputs[step.key] = call(step.call, work, actions, outputs)
        done.append(step)
    return done


def _output(reference: str, outputs: Mapping[str, JsonObject]) -> Any:
    if reference in outputs:
        return outputs[reference]
    key, _, field = reference.rpartition(".")
    return outputs[key][field]
