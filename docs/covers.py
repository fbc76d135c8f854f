"""What tests say that they cover, read from their sources: nothing is imported or run."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from docs.capabilities import CAPABILITIES, SYSTEMS

_MARK = "pytest.mark.covers"
_ROWS = {each.id: each.systems for each in CAPABILITIES}
_Function = ast.FunctionDef | ast.AsyncFunctionDef


class WrongMark(ValueError):
    """A mark that names no capability, a system that does not need it, or no plain text."""


@dataclass(frozen=True)
class Cover:
    """One capability of one system that a test covers. `only` names the part of it, where it is not
    the whole."""

    row: str
    system: str
    by_contract: bool
    only: str
    test: str
    promise: str


def covers(root: Path) -> tuple[Cover, ...]:
    """All marks below `root/tests`, in the order of files. Raises WrongMark."""
    files = sorted((root / "tests").rglob("*.py"))
    return tuple(found for file in files for found in _in_file(file, file.relative_to(root)))


def _in_file(file: Path, shown: Path) -> Iterator[Cover]:
    text = file.read_text(encoding="utf-8")
    if _MARK not in text:
        return
    tree = ast.parse(text)
    for function, promise, mark in _marks(tree):
        where = f"{shown}::{function}" if function else str(shown)
        try:
            yield from _read(mark, where, promise)
        except WrongMark as error:
            raise WrongMark(f"{shown}:{mark.lineno}: {error}") from error


def _marks(tree: ast.Module) -> Iterator[tuple[str, str, ast.Call]]:
    """The marks with the name and the first line of the test that has them; those of all tests of
    the file with the file's own."""
    for node in tree.body:
        of_one = node.name if isinstance(node, _Function) else ""
        promise = _first_line(node if isinstance(node, _Function) else tree)
        for call in ast.walk(node):
            if isinstance(call, ast.Call) and ast.unparse(call.func) == _MARK:
                yield of_one, promise, call


def _read(mark: ast.Call, where: str, promise: str) -> Iterator[Cover]:
    rows, systems = (str(value) for value in _values(mark.args, 2))
    named = {word.arg: _value(word.value) for word in mark.keywords}
    by_contract, only = bool(named.pop("by_contract", False)), str(named.pop("only", ""))
    if named:
        raise WrongMark(f"covers knows by_contract and only, not {', '.join(map(str, named))}")
    for row in rows.split():
        if row not in _ROWS:
            raise WrongMark(f"there is no capability {row!r}")
        for system in systems:
            if system not in _ROWS[row]:
                raise WrongMark(f"{row} is not for {SYSTEMS.get(system, repr(system))}")
            yield Cover(row, system, by_contract, only, where, promise)


def _values(nodes: Sequence[ast.expr], count: int) -> list[object]:
    if len(nodes) != count:
        raise WrongMark('write covers("B1 B8", "RN")')
    return [_value(node) for node in nodes]


def _value(node: ast.expr) -> object:
    if not isinstance(node, ast.Constant):
        raise WrongMark(f"{ast.unparse(node)} is no plain value")
    return node.value


def _first_line(node: ast.Module | _Function) -> str:
    return (ast.get_docstring(node) or "").split("\n\n")[0].replace("\n", " ")
