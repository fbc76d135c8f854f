"""Small rules that compose into Slack's schema; each notes problems with a JSON pointer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias


@dataclass(slots=True)
class Found:
    """The problems seen so far, worded as Slack does."""

    problems: list[str] = field(default_factory=list)

    def add(self, message: str, pointer: str) -> None:
        """Notes one problem at a JSON pointer."""
        self.problems.append(f"{message} [json-pointer:{pointer}]")


Rule: TypeAlias = Callable[[Any, str, Found], None]


def string(most: int, least: int = 1) -> Rule:
    """Text of `least` to `most` characters."""

    def check(value: Any, pointer: str, found: Found) -> None:
        if not isinstance(value, str):
            found.add("must provide a string", pointer)
        elif len(value) > most:
            found.add(f"must be less than {most + 1} characters", pointer)
        elif len(value) < least:
            found.add(f"must be more than {least - 1} characters", pointer)

    return check


def integer(least: int, most: int) -> Rule:
    """A whole number of a range."""

    def check(value: Any, pointer: str, found: Found) -> None:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            found.add(f"must be an integer from {least} to {most}", pointer)

    return check


def boolean(value: Any, pointer: str, found: Found) -> None:
    """true or false."""
    if not isinstance(value, bool):
        found.add("must provide a boolean", pointer)


def anything(value: Any, pointer: str, found: Found) -> None:
    """Accepts whatever is there."""


def one_of(*choices: str) -> Rule:
    """One of the given words."""

    def check(value: Any, pointer: str, found: Found) -> None:
        if value not in choices:
            found.add(f"must be one of {', '.join(choices)}", pointer)

    return check


def array(item: Rule, most: int, least: int = 1) -> Rule:
    """A list of `least` to `most` items, each checked."""

    def check(value: Any, pointer: str, found: Found) -> None:
        if not isinstance(value, list):
            found.add("must provide an array", pointer)
            return
        if len(value) > most:
            found.add(f"no more than {most} items allowed", pointer)
        if len(value) < least:
            found.add(f"no fewer than {least} items allowed", pointer)
        for index, each in enumerate(value):
            item(each, f"{pointer}/{index}", found)

    return check


def record(required: Mapping[str, Rule], optional: Mapping[str, Rule]) -> Rule:
    """An object with these fields and no others; `type` is always allowed."""
    known = {"type": anything, **optional, **required}

    def check(value: Any, pointer: str, found: Found) -> None:
        if not isinstance(value, dict):
            found.add("must provide an object", pointer)
            return
        for name in required:
            if name not in value:
                found.add(f"missing required field: {name}", pointer)
        for name, each in value.items():
            if name not in known:
                found.add(f"invalid additional property: {name}", pointer)
            else:
                known[name](each, f"{pointer}/{name}", found)

    return check


def variant(kinds: Mapping[str, Rule]) -> Rule:
    """An object whose `type` chooses the rule; another type is refused."""

    def check(value: Any, pointer: str, found: Found) -> None:
        if not isinstance(value, dict):
            found.add("must provide an object", pointer)
        elif "type" not in value:
            found.add("missing required field: type", pointer)
        elif not isinstance(value["type"], str) or value["type"] not in kinds:
            found.add(f"unsupported type: {value['type']}", pointer)
        else:
            kinds[value["type"]](value, pointer, found)

    return check


def also(rule: Rule, extra: Rule) -> Rule:
    """Both rules, the second only where the first one is content."""

    def check(value: Any, pointer: str, found: Found) -> None:
        before = len(found.problems)
        rule(value, pointer, found)
        if len(found.problems) == before:
            extra(value, pointer, found)

    return check


def at_least_one(*names: str) -> Rule:
    """An object with one of these fields or more."""

    def check(value: Any, pointer: str, found: Found) -> None:
        if not any(name in value for name in names):
            found.add(f"must have at least one of: {', '.join(names)}", pointer)

    return check
