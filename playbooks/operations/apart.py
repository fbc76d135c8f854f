"""Keeps the steps of several datastores apart in one plan: every key opens with the datastore's
name, and so does every reference to what a step gave. Pure."""

from dataclasses import replace
from typing import Any

from playbooks.datastores.protocol import RestorePart, Stages
from playbooks.model.base import JsonObject
from playbooks.model.plan import ActionCall, Owed, Step

_REFERENCE = "$from"


def apart(name: str, part: RestorePart, given: tuple[str, ...]) -> RestorePart:
    """`given` are the keys of steps that the playbook puts before the part's own."""
    stages = (*part.prepare, *part.swap, *part.finish)
    keys = frozenset((*given, *(step.key for stage in stages for step in stage)))
    return replace(
        part,
        prepare=_stages(name, part.prepare, keys),
        swap=_stages(name, part.swap, keys),
        finish=_stages(name, part.finish, keys),
        owed=tuple(_owed(name, owed, keys) for owed in part.owed),
    )


def key_of(name: str, key: str) -> str:
    """The key of a step of the datastore `name`."""
    return f"{name}.{key}"


def _stages(name: str, stages: Stages, keys: frozenset[str]) -> Stages:
    return tuple(tuple(_step(name, step, keys) for step in stage) for stage in stages)


def _step(name: str, step: Step, keys: frozenset[str]) -> Step:
    return step.model_copy(
        update={
            "key": key_of(name, step.key),
            "name": step.name if name in step.name else f"{name}: {step.name}",
            "args": _args(name, step.args, keys),
            "undo": _call(name, step.undo, keys),
            "probe": _call(name, step.probe, keys),
        }
    )


def _owed(name: str, owed: Owed, keys: frozenset[str]) -> Owed:
    settled = owed.settled_by
    return owed.model_copy(
        update={
            "key": key_of(name, owed.key),
            "call": _call(name, owed.call, keys),
            "settled_by": key_of(name, settled) if settled in keys else settled,
            "precondition": _call(name, owed.precondition, keys),
        }
    )


def _call(name: str, call: ActionCall | None, keys: frozenset[str]) -> ActionCall | None:
    return call and call.model_copy(update={"args": _args(name, call.args, keys)})


def _args(name: str, args: JsonObject, keys: frozenset[str]) -> JsonObject:
    return {key: _value(name, value, keys) for key, value in args.items()}


def _value(name: str, value: Any, keys: frozenset[str]) -> Any:
    if isinstance(value, dict):
        if set(value) == {_REFERENCE}:
            return {_REFERENCE: _reference(name, value[_REFERENCE], keys)}
        return _args(name, value, keys)
    if isinstance(value, (list, tuple)):
        return [_value(name, each, keys) for each in value]
    return value


def _reference(name: str, reference: str, keys: frozenset[str]) -> str:
    own = any(reference == key or reference.startswith(f"{key}.") for key in keys)
    return key_of(name, reference) if own else reference
