"""What a stack's alert rules are, and what a change would make of them."""

from typing import Any

from playbooks.errors import FactUnavailable, HostError, InputError, SecretUnavailable
from playbooks.hosts import grafana, prometheus, rule_files
from playbooks.model.base import JsonObject
from playbooks.model.rules import FileOfRules, KnownRules, LiveRule, RuleChange
from playbooks.model.stack import Stack
from playbooks.ports import Reading
from playbooks.registry import NoArgs, Reader
from playbooks.respond.rule_text import RuleWish, changed, name_of, rules_in


def known(reading: Reading, _: NoArgs) -> JsonObject:
    """A `KnownRules`: the files' texts, and what Prometheus and Grafana go by. Raises
    FactUnavailable for a stack that names none of them."""
    stack = reading.stack
    url, grafana_api = stack.telemetry.prometheus, stack.telemetry.grafana
    nobody = url is None and grafana_api is None
    files = _paths(stack) if stack.telemetry.rules is not None or nobody else ()
    live: list[LiveRule] = []
    problems = [f"{stack.name} names no Prometheus to ask."] if nobody else []
    try:
        live += prometheus.rules(url) if url is not None else ()
    except HostError as error:
        problems.append(error.message)
    try:
        if grafana_api is not None:
            token = reading.secrets.resolve(grafana_api.token)
            live += grafana.rules(grafana_api.url, token)
    except (HostError, SecretUnavailable) as error:
        problems.append(" ".join(part for part in (error.message, error.hint) if part))
    found = KnownRules(
        files=tuple(_file(stack, path) for path in files),
        live=tuple(live),
        problem=" ".join(problems),
    )
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
