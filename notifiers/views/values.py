"""Arguments of steps and facts as people read them: placeholders in words, no JSON to decipher."""

from collections.abc import Mapping
from functools import reduce
from typing import Any

from playbooks.model.base import JsonObject, canonical_json
from playbooks.model.plan import Plan

RUN_NOT_KNOWN = "‹run›"
_PLACEHOLDERS = {"{run}": RUN_NOT_KNOWN, "{started}": "‹start time›"}


def shown_args(args: JsonObject) -> str:
    """`backup=‹output of begin›.id datastore=postgres`."""
    return " ".join(f"{name}={shown_value(value)}" for name, value in args.items())


def shown_value(value: Any) -> str:
    """One value; what is only known when the step begins stands in ‹ ›."""
    if isinstance(value, Mapping) and set(value) == {"$from"}:
        key, _, field = str(value["$from"]).partition(".")
        return f"‹{field or 'output'} of {key}›"
    if isinstance(value, str):
        return reduce(lambda said, each: said.replace(*each), _PLACEHOLDERS.items(), value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{k}: {shown_value(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(shown_value(each) for each in value) + "]"
    return canonical_json(value)


def spoken(plan: Plan, run: str = RUN_NOT_KNOWN) -> Plan:
    """The plan for people's eyes: its sentences name the run where they say `{run}`."""

    def filled(sentences: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(sentence.replace("{run}", run) for sentence in sentences)

    return plan.model_copy(
        update={
            "loses": filled(plan.loses),
            "affects": filled(plan.affects),
            "keeps": filled(plan.keeps),
            "notes": filled(plan.notes),
            "undo_hint": plan.undo_hint.replace("{run}", run),
        }
    )
