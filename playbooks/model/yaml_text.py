"""YAML text as plain data that remembers on which line everything stands."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from playbooks.model.yaml_errors import advice

Location = tuple[str | int, ...]

_VARIABLE = re.compile(r"\$\{[^}]*\}")
_PLAIN_SECRETS = (
    (re.compile(r"://[^\s/:@]*:[^\s/@]+@"), "a password inside a URL"),
    (re.compile(r"\b(xox[abeprs]|xapp)-[\w-]{8,}"), "a Slack token"),
    (re.compile(r"AGE-SECRET-KEY-1\w+", re.IGNORECASE), "an age identity"),
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"), "a private key"),
)


@dataclass(frozen=True, order=True)
class Problem:
    """What is wrong on a line (counted from 1), and what to write instead."""

    line: int
    text: str


@dataclass(frozen=True)
class Document:
    """A parsed file: `data` is plain Python, `root` the tree that knows the lines."""

    data: object
    root: yaml.Node | None
    problems: tuple[Problem, ...]

    def line(self, location: Location) -> int:
        """The line of the key or item at `location`; parts that lead nowhere are passed over."""
        node, line = self.root, 1
        for part in location:
            key, value = _child(node, part)
            if value is not None:
                node, line = value, _line(key if key is not None else value)
        return line

    def without_tags(self, location: Location) -> Location:
        """`location` as the file knows it: pydantic puts the tags of unions into its own."""
        node, found = self.root, list[str | int]()
        for part in location[:-1]:
            _, value = _child(node, part)
            if value is not None:
                node = value
                found.append(part)
        last = location[-1:]
        return (*found, *last)

    def has(self, location: Location) -> bool:
        """Whether every part of `location` is there."""
        node = self.root
        for part in location:
            _, node = _child(node, part)
            if node is None:
                return False
        return True


def parse(path: Path) -> Document:
    """Reads `path` safely. What cannot be read at all is a document with one problem."""
    text = ""
    try:
        text = path.read_text(encoding="utf-8")
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        return _broken(*_unreadable(error, text))
    if root is None:
        return _broken(1, "the file is empty; describe something in it")
    problems = tuple(sorted(_problems(root, set())))
    if problems:
        return Document(data=None, root=root, problems=problems)
    return _constructed(root)


def _unreadable(error: OSError | UnicodeDecodeError | yaml.YAMLError, text: str) -> tuple[int, str]:
    if isinstance(error, OSError):
        return 1, f"the file cannot be read ({error.strerror}); give the path of a file"
    if isinstance(error, UnicodeDecodeError):
        return 1, f"byte {error.start} is not UTF-8; save the file as UTF-8"
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        return advice(error, text.splitlines())
    return 1, f"this is not YAML ({_one_line(error)}); save it as plain text"


def _constructed(root: yaml.Node) -> Document:
    try:
        data = yaml.constructor.SafeConstructor().construct_document(root)
    except (yaml.MarkedYAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        why = getattr(error, "problem", None) or _one_line(error)
        return _broken(
            mark.line + 1 if mark else 1, f"{why}; write plain values, in quotes if text"
        )
    return Document(data=data, root=root, problems=())


def _broken(line: int, text: str) -> Document:
    return Document(data=None, root=None, problems=(Problem(line, text),))


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _child(node: yaml.Node | None, part: str | int) -> tuple[yaml.Node | None, yaml.Node | None]:
    """The key's and the value's node at `part`; (None, None) when there is none."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(part):
                return key, value
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return None, node.value[part]
    return None, None


def _problems(node: yaml.Node, seen: set[int]) -> Iterator[Problem]:
    if id(node) in seen:
        yield Problem(_line(node), "this is used again as an alias (*name); write the values out")
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        yield from _key_problems([key for key, _ in node.value])
        for _, value in node.value:
            yield from _problems(value, seen)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _problems(item, seen)
    else:
        yield from _text_problems(node)


def _key_problems(keys: Sequence[yaml.Node]) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for key in keys:
        if not isinstance(key, yaml.ScalarNode):
            yield Problem(_line(key), "a key is a list or a mapping; write a name")
        elif key.tag == "tag:yaml.org,2002:merge":
            yield Problem(_line(key), "merge keys (<<) are not supported; write the values out")
        elif key.value in first:
            yield Problem(
                _line(key),
                f"the key {key.value!r} is there twice, first on line {first[key.value]}; keep one",
            )
        else:
            first[key.value] = _line(key)


def _text_problems(node: yaml.Node) -> Iterator[Problem]:
    text = str(node.value)
    if found := _VARIABLE.search(text):
        yield Problem(
            _line(node),
            f"variables like {found.group()} are not filled in; write the value, "
            "or for a secret a reference like env:NAME",
        )
    for pattern, what in _PLAIN_SECRETS:
        if pattern.search(text):
            yield Problem(
                _line(node),
                f"there is {what} in plain text; keep it elsewhere and write a reference: "
                "env:NAME, file:PATH, env-file:PATH#NAME or docker-secret:NAME",
            )
