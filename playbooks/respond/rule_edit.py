"""One value of a mapping in YAML, changed where it stands: comments and all else stay. Pure."""

from typing import Any

import yaml

_WIDTH = 1_000_000
_INDENT = 2


class NotOneKeyALine(ValueError):
    """The mapping is written so that a key of it cannot be changed by itself."""


def extent(text: str, node: yaml.Node) -> tuple[int, int]:
    """The first and the last line of a node, from 0. What a block of text ends with counts."""
    return node.start_mark.line, _last(text, node)


def written_item(line: str) -> bool:
    """Whether an item of a list begins on this line."""
    return line.lstrip().startswith("- ")


def edited(text: str, node: yaml.MappingNode, path: tuple[str, ...], value: str) -> str:
    """The text with `value` at the path below the node; an empty one: without the key.

    Raises NotOneKeyALine.
    """
    if node.flow_style:
        raise NotOneKeyALine
    key, *below = path
    found = _found(node, key)
    if below:
        return _edited_below(text, node, (key, below[0]), value)
    if found is None:
        return _inserted(text, node, f"{key}: {_scalar(value)}") if value else text
    if not value:
        return _without_lines(text, found[0].start_mark.line, _last(text, found[1]))
    return _replaced(text, found[1], _scalar(value))


def _edited_below(
    text: str,
    node: yaml.MappingNode,
    path: tuple[str, str],
    value: str,
) -> str:
    key, name = path
    found = _found(node, key)
    if found is None:
        if not value:
            return text
        pad = " " * (_column(node) + _INDENT)
        return _inserted(text, node, f"{key}:\n{pad}{name}: {_scalar(value)}")
    inner = found[1]
    if not isinstance(inner, yaml.MappingNode):
        raise NotOneKeyALine
    only = {each.value for each, _ in inner.value} == {name}
    if not value and only:
        return _without_lines(text, found[0].start_mark.line, _last(text, inner))
    if inner.flow_style:
        data = {str(k.value): str(v.value) for k, v in inner.value}
        data = {**data, name: value} if value else {k: v for k, v in data.items() if k != name}
        flow = yaml.safe_dump(data, default_flow_style=True, width=_WIDTH, sort_keys=False)
        return _replaced(text, inner, flow.strip())
    return edited(text, inner, (name,), value)


def _found(node: yaml.MappingNode, key: str) -> tuple[Any, Any] | None:
    return next(((k, v) for k, v in node.value if k.value == key), None)


def _inserted(text: str, node: yaml.MappingNode, line: str) -> str:
    """After the first key of the mapping."""
    lines = text.splitlines(keepends=True)
    at = _last(text, node.value[0][1])
    if not lines[at].endswith("\n"):
        lines[at] += "\n"
    return "".join([*lines[: at + 1], f"{' ' * _column(node)}{line}\n", *lines[at + 1 :]])


def _column(node: yaml.MappingNode) -> int:
    column: int = node.value[0][0].start_mark.column
    return column


def _replaced(text: str, node: yaml.Node, written: str) -> str:
    start, end = node.start_mark.index, node.end_mark.index
    former = text[start:end]
    tail = former[len(former.rstrip(" \n")) :]
    return f"{text[:start]}{written}{tail}{text[end:]}"


def _without_lines(text: str, first: int, last: int) -> str:
    lines = text.splitlines(keepends=True)
    if written_item(lines[first]):
        raise NotOneKeyALine
    return "".join([*lines[:first], *lines[last + 1 :]])


def _last(text: str, node: yaml.Node) -> int:
    """The last line with something of the node."""
    if isinstance(node, yaml.MappingNode) and not node.flow_style and node.value:
        return _last(text, node.value[-1][1])
    if isinstance(node, yaml.SequenceNode) and not node.flow_style and node.value:
        return _last(text, node.value[-1])
    former = text[node.start_mark.index : node.end_mark.index]
    return int(node.start_mark.line) + former.rstrip().count("\n")


def _scalar(value: str) -> str:
    written: str = yaml.safe_dump(value, width=_WIDTH, allow_unicode=True)
    return written.removesuffix("...\n").strip("\n")
