"""Alert rules in the text of a rule file: found, and changed without touching the rest. Pure."""

import difflib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

import yaml

from playbooks.errors import BadArgument, InputError
from playbooks.model.base import Model
from playbooks.respond.rule_edit import NotOneKeyALine, edited, extent, written_item

Turn = Literal["set", "disable", "enable"]
OFF = "#off "
"""What the lines of a rule begin with that is switched off."""
_OWN = ("expr", "for", "keep_firing_for")
_ANNOTATIONS = ("summary", "description", "runbook_url", "value")
_CONTEXT = 1
_SPAN = re.compile(r"(\d+)(ms|[ywdhms])")
_UNITS: Mapping[str, float] = MappingProxyType(
    {"y": 31_536_000, "w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1, "ms": 0.001}
)


class AlertRule(Model):
    """One alert rule as its file has it. `wait` is its `for`; `line` counts from 1."""

    name: str
    group: str
    expr: str
    wait: str = ""
    keep: str = ""
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    disabled: bool = False
    line: int = 0


class RuleWish(Model):
    """What is to become of a rule: `rule` is its name, or `NAME#2` for the second one that is
    called so. `changes` are `expr`, `for`, `keep_firing_for`, `severity`, `label.NAME`, `summary`,
    `description`, `runbook_url` or `annotation.NAME`, each with its new value; empty: none."""

    rule: str
    turn: Turn
    changes: dict[str, str] = {}


@dataclass(frozen=True)
class _Place:
    """A rule and where it stands: lines from 0, the last one included. `node` is None while it is
    switched off."""

    rule: AlertRule
    first: int
    last: int
    node: yaml.MappingNode | None = None


def rules_in(text: str) -> tuple[AlertRule, ...]:
    """In the order of the file. Raises BadArgument for what is no rule file."""
    return tuple(place.rule for place in _places(text))


def name_of(wish: RuleWish) -> str:
    """Without the number."""
    return wish.rule.partition("#")[0]


def changed(text: str, wish: RuleWish) -> str:
    """The text of the file with the wish fulfilled; the same text where it is already.

    Raises BadArgument for a rule that is not there or that stands there several times, and for one
    that is written so that it cannot be changed by itself.
    """
    place = _wanted(text, wish)
    match wish.turn:
        case "disable":
            fresh = text if place.rule.disabled else _off(text, place)
        case "enable":
            fresh = _on(text, place) if place.rule.disabled else text
        case _:
            fresh = _set(text, place, wish.changes)
    _require_alone(text, fresh, place, wish)
    return fresh


def value_of(rule: AlertRule, key: str) -> str:
    """What a key of `RuleWish.changes` has in the rule; empty where it has nothing."""
    [(path, _)] = _paths({key: "?"})
    match path:
        case ("labels", name):
            return rule.labels.get(name, "")
        case ("annotations", name):
            return rule.annotations.get(name, "")
        case _:
            return {"expr": rule.expr, "for": rule.wait, "keep_firing_for": rule.keep}[key]


def seconds_of(text: str) -> float:
    """What Prometheus takes a span of time for, like `1h30m` or `500ms`; nothing is none."""
    return sum(int(number) * _UNITS[unit] for number, unit in _SPAN.findall(text))


def difference(former: str, wanted: str) -> tuple[str, ...]:
    """The lines that differ, as people read them."""
    found = difflib.unified_diff(former.splitlines(), wanted.splitlines(), n=_CONTEXT, lineterm="")
    return tuple(line for line in found if not line.startswith(("---", "+++")))


def _wanted(text: str, wish: RuleWish) -> _Place:
    name, _, number = wish.rule.partition("#")
    found = [place for place in _places(text) if place.rule.name == name]
    if not found:
        raise BadArgument(f"The file has no rule {name!r}.")
    if not number and len(found) > 1:
        lines = ", ".join(str(place.rule.line) for place in found)
        raise BadArgument(
            f"{name} stands {len(found)} times in the file, in the lines {lines}.",
            f"Name the first as `{name}#1`, the second as `{name}#2`.",
        )
    if number and not (number.isdigit() and 1 <= int(number) <= len(found)):
        raise BadArgument(f"{name} stands {len(found)} times in the file; {number!r} is none.")
    return found[int(number or 1) - 1]


def _places(text: str) -> list[_Place]:
    active = list(_active(text))
    return sorted([*active, *_switched_off(text)], key=lambda place: place.first)


def _active(text: str) -> Iterator[_Place]:
    for group, rules in _groups(text):
        for node in rules:
            made = _rule(_loaded(node), group, line=node.start_mark.line + 1)
            if made is not None:
                first, last = extent(text, node)
                yield _Place(made, first, last, node)


def _groups(text: str) -> Iterator[tuple[str, list[yaml.MappingNode]]]:
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise BadArgument(f"The rule file is no YAML: {error}") from error
    for group in _items(_value(root, "groups")):
        name = _value(group, "name")
        rules = [each for each in _items(_value(group, "rules")) if _is_mapping(each)]
        yield str(name.value) if name is not None else "", rules


def _switched_off(text: str) -> Iterator[_Place]:
    """Blocks of lines that are switched off, item by item."""
    lines = text.splitlines()
    begun = None
    for number, line in enumerate([*lines, ""]):
        inside = line.startswith(OFF)
        item = inside and line.removeprefix(OFF).lstrip().startswith("- alert:")
        if begun is not None and (item or not inside):
            yield from _off_place(lines, begun, number - 1, text)
            begun = None
        if item:
            begun = number


def _off_place(lines: list[str], first: int, last: int, text: str) -> Iterator[_Place]:
    block = "\n".join(line.removeprefix(OFF) for line in lines[first : last + 1])
    try:
        loaded = yaml.safe_load(block)
    except yaml.YAMLError:
        return
    rule = _rule(loaded[0] if loaded else None, _group_at(text, first), line=first + 1)
    if rule is not None:
        yield _Place(rule.model_copy(update={"disabled": True}), first, last)


def _group_at(text: str, line: int) -> str:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    before = [g for g in _items(_value(root, "groups")) if g.start_mark.line <= line]
    name = _value(before[-1], "name") if before else None
    return str(name.value) if name is not None else ""


def _off(text: str, place: _Place) -> str:
    return _with_lines(text, place, lambda line: f"{OFF}{line}")


def _on(text: str, place: _Place) -> str:
    return _with_lines(text, place, lambda line: line.removeprefix(OFF))


def _with_lines(text: str, place: _Place, turn: Callable[[str], str]) -> str:
    lines = text.splitlines(keepends=True)
    if place.node is not None and not written_item(lines[place.first]):
        raise _by_hand(place.rule.name)
    turned = [turn(line) for line in lines[place.first : place.last + 1]]
    return "".join([*lines[: place.first], *turned, *lines[place.last + 1 :]])


def _set(text: str, place: _Place, changes: Mapping[str, str]) -> str:
    if place.node is None:
        raise BadArgument(f"{place.rule.name} is switched off.", "Enable it first.")
    for path, value in _paths(changes):
        again = _wanted(text, RuleWish(rule=_numbered(text, place), turn="set"))
        if again.node is None:
            raise _by_hand(place.rule.name)
        try:
            text = edited(text, again.node, path, value)
        except NotOneKeyALine as error:
            raise _by_hand(place.rule.name) from error
    return text


def _numbered(text: str, place: _Place) -> str:
    """Its name with its number: changes above it move its lines, never its turn."""
    same = [each for each in _places(text) if each.rule.name == place.rule.name]
    before = [each for each in same if each.first < place.first]
    return f"{place.rule.name}#{len(before) + 1}"


def _paths(changes: Mapping[str, str]) -> Iterator[tuple[tuple[str, ...], str]]:
    if not changes:
        raise BadArgument("No change is given.", "Write one like `for=10m`.")
    for key, value in changes.items():
        kind, dot, name = key.partition(".")
        if key in _OWN:
            if key == "expr" and not value:
                raise BadArgument("A rule needs its `expr`.", "Disable the rule instead.")
            yield (key,), value
        elif key == "severity":
            yield ("labels", "severity"), value
        elif key in _ANNOTATIONS:
            yield ("annotations", key), value
        elif kind in {"label", "annotation"} and dot and name:
            yield (f"{kind}s", name), value
        else:
            raise BadArgument(
                f"{key!r} is nothing of a rule.",
                "There is expr, for, keep_firing_for, severity, label.NAME, summary, description, "
                "runbook_url and annotation.NAME.",
            )


def _require_alone(text: str, fresh: str, place: _Place, wish: RuleWish) -> None:
    """The same file apart from this rule, whatever the way in which it is written."""
    if text == fresh:
        return
    before, after = _data(text), _data(fresh)
    rule = _raw(before if place.node is not None else after, place, text, fresh)
    if wish.turn == "set":
        for path, value in _paths(wish.changes):
            _put(rule, path, value)
        same = before == after
    elif wish.turn == "disable":
        same = _without(before, rule) == after
    else:
        same = _without(after, rule) == before
    if not same:
        raise _by_hand(place.rule.name)


def _raw(data: Any, place: _Place, text: str, fresh: str) -> dict[str, Any]:
    """The rule in the loaded file, by its group and its turn there."""
    of = text if place.node is not None else fresh
    active = list(_active(of))
    index = next(n for n, each in enumerate(active) if each.first == place.first)
    rules = [r for g in data["groups"] for r in g.get("rules") or () if "alert" in r]
    found: dict[str, Any] = rules[index]
    return found


def _put(rule: dict[str, Any], path: tuple[str, ...], value: str) -> None:
    *above, key = path
    inner = rule.setdefault(above[0], {}) if above else rule
    if value:
        inner[key] = value
    else:
        inner.pop(key, None)
    if above and not inner:
        del rule[above[0]]


def _without(data: Any, rule: dict[str, Any]) -> Any:
    for group in data["groups"]:
        kept = [each for each in group.get("rules") or [] if each is not rule]
        group["rules"] = kept
    return data


def _data(text: str) -> Any:
    """The file as it is read, what is shared in it apart; an empty list where `rules` has
    nothing."""
    try:
        loaded = json.loads(json.dumps(yaml.safe_load(text), default=str))
    except yaml.YAMLError as error:
        raise BadArgument(f"The rule file would be no YAML: {error}") from error
    for group in loaded.get("groups") or ():
        group["rules"] = group.get("rules") or []
    return loaded


def _by_hand(name: str) -> InputError:
    return BadArgument(
        f"{name} is not written one key a line, so it cannot be changed by itself.",
        "Change it in the file by hand.",
    )


def _rule(loaded: Any, group: str, line: int) -> AlertRule | None:
    if not isinstance(loaded, dict) or not loaded.get("alert"):
        return None
    return AlertRule(
        name=str(loaded["alert"]),
        group=group,
        expr=str(loaded.get("expr", "")).strip(),
        wait=str(loaded.get("for") or ""),
        keep=str(loaded.get("keep_firing_for") or ""),
        labels=_texts(loaded.get("labels")),
        annotations=_texts(loaded.get("annotations")),
        line=line,
    )


def _texts(found: Any) -> dict[str, str]:
    return {str(k): str(v) for k, v in found.items()} if isinstance(found, dict) else {}


def _loaded(node: yaml.Node) -> Any:
    return yaml.SafeLoader("").construct_document(node)


def _value(node: yaml.Node | None, key: str) -> yaml.Node | None:
    if not isinstance(node, yaml.MappingNode):
        return None
    return next((value for name, value in node.value if name.value == key), None)


def _items(node: yaml.Node | None) -> list[Any]:
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _is_mapping(node: yaml.Node) -> bool:
    return isinstance(node, yaml.MappingNode)
