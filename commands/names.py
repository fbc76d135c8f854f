"""Names that people type, and what they were likely meant to be."""

from collections.abc import Collection, Mapping
from importlib import import_module
from typing import TypeVar

from playbooks.errors import UnknownName

T = TypeVar("T")

_SHOWN = 12
_LONGEST = 80


def nearest(word: str, names: Collection[str]) -> str | None:
    """The name most like `word`, or None when none is like it. `reli` is like `relica`."""
    lowered = word.lower()
    opening = sorted((n for n in names if lowered and n.lower().startswith(lowered)), key=len)
    if opening:
        return opening[0]
    found: str | None = import_module("playbooks.alike").mistyped(lowered, names)
    return found


def found(names: Mapping[str, T], word: str, kind: str, where: str = "") -> T:
    """What is called `word`. Raises UnknownName with the nearest name, or with all there are.

    `kind` is what it is ("stack"), `where` what it belongs to ("harbor").
    """
    if word in names:
        return names[word]
    if word.lower() in names:
        return names[word.lower()]
    raise UnknownName(_unknown(word, kind, where), suggestion(word, names))


def suggestion(word: str, names: Collection[str]) -> str:
    """A sentence that helps somebody who typed a name that is not there."""
    near = nearest(word, names)
    if near:
        return f"Did you mean `{near}`?"
    if not names:
        return "There is none."
    shown = ", ".join(f"`{name}`" for name in list(names)[:_SHOWN])
    more = len(names) - _SHOWN
    return f"There is {shown}{f' and {more} more' if more > 0 else ''}."


def _unknown(word: str, kind: str, where: str) -> str:
    shown = word if len(word) <= _LONGEST else f"{word[:_LONGEST]}…"
    if where:
        return f"{where} has no {kind} called `{shown}`."
    return f"There is no {kind} called `{shown}`."
