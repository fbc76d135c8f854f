"""What a stack's alert rules are, and what a change would make of them."""

from typing import Any

from playbooks.errors import FactUnavailable, HostError, InputError
from playbooks.hosts import prometheus, rule_files
from playbooks.model.base import JsonObject
from playbooks.model.rules import FileOfRules, KnownRules, RuleChange
from playbooks.model.stack import Stack
from playbooks.ports import Reading
from playbooks.registry import NoArgs, Reader
from playbooks.respond.rule_text import RuleWish, changed, name_of, rules_in


def known(reading: Reading, _: NoArgs) -> JsonObject:
    """A `KnownRules`: the files' texts, and what Prometheus makes of them. Raises FactUnavailable
    for a stack that names neither."""
    stack = reading.stack
    url, named = stack.telemetry.prometheus, stack.telemetry.rules
    paths = _paths(stack) if named is not None or url is None else ()
    files = tuple(_file(stack, path) for path in paths)
    if url is None:
        found = KnownRules(files=files, problem=f"{stack.name} names no Prometheus to ask.")
        return found.model_dump(mode="json")
    try:
        found = KnownRules(files=files, live=prometheus.rules(url))
    except HostError as error:
        found = KnownRules(files=files, problem=error.message)
    return found.model_dump(mode="json")


def wished(reading: Reading, wish: RuleWish) -> JsonObject:
    """A `RuleChange` of the first file that has the rule; `file` is empty where none has, and
    `problem` is why the wish cannot be fulfilled. Raises FactUnavailable."""
    stack = reading.stack
    try:
        for path in _paths(stack):
            former = rule_files.read(stack, path)
            if any(rule.name == name_of(wish) for rule in rules_in(former)):
                return _tried(stack, path, former, wish).model_dump(mode="json")
    except HostError as error:
        raise FactUnavailable(error.message, error.hint) from error
    return RuleChange(file="", former="", wanted="").model_dump(mode="json")


def _tried(stack: Stack, path: str, former: str, wish: RuleWish) -> RuleChange:
    try:
        wanted = changed(former, wish)
    except InputError as error:
        problem = " ".join(part for part in (error.message, error.hint) if part)
        return RuleChange(file=path, former=former, wanted=former, problem=problem)
    said = rule_files.complaint(stack, wanted) if wanted != former else ""
    problem = f"promtool refuses it: {said}" if said else ""
    return RuleChange(file=path, former=former, wanted=wanted, problem=problem)


def _paths(stack: Stack) -> tuple[str, ...]:
    try:
        return tuple(str(path) for path in rule_files.rules_of(stack).files)
    except HostError as error:
        raise FactUnavailable(error.message, error.hint) from error


def _file(stack: Stack, path: str) -> FileOfRules:
    try:
        return FileOfRules(path=path, text=rule_files.read(stack, path))
    except HostError as error:
        return FileOfRules(path=path, problem=error.message)


READERS: tuple[Reader[Any], ...] = (
    Reader("rules.known", NoArgs, known),
    Reader("rules.wished", RuleWish, wished),
)
