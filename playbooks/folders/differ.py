"""How a folder differs from a backup's index: read side by side, both being in one order."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Literal

from playbooks.folders.include import Include
from playbooks.folders.tree import Entry, content_hash, entries, index_entries

# Files of the same size but another time are compared by content up to this many bytes in all.
HASH_BUDGET_BYTES = 256 << 20
_EXAMPLES = 5

Change = Literal["added", "changed", "removed"]


@dataclass
class Difference:
    """Counts of files and links, seen from the backup: `added` since then, and so on."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    examples: dict[str, list[str]] = field(default_factory=dict)

    def note(self, change: Change, path: str) -> None:
        setattr(self, change, getattr(self, change) + 1)
        some = self.examples.setdefault(change, [])
        if len(some) < _EXAMPLES:
            some.append(path.encode("utf-8", "replace").decode())


def difference(
    index: IO[bytes], root: Path, check: Callable[[], None], include: Include = ()
) -> Difference:
    """What became of the tree since its index was written. `check` is called for every entry, and
    may raise. Raises DatastoreError, BrokenBackup."""
    found = Difference()
    budget = HASH_BUDGET_BYTES
    for then, now in _side_by_side(index_entries(index), entries(root, lambda _: None, include)):
        check()
        if then is None and now is not None:
            _note(found, "added", now)
        elif now is None and then is not None:
            _note(found, "removed", then)
        elif then is not None and now is not None:
            doubtful = _same_but_for_time(then, now)
            if doubtful and now.size <= budget:
                budget -= now.size
                doubtful = content_hash(root / now.path) != then.sha256
            if doubtful or _shape(then) != _shape(now):
                _note(found, "changed", now)
    return found


def _note(found: Difference, change: Change, entry: Entry) -> None:
    if entry.kind != "folder":
        found.note(change, entry.path)


def _same_but_for_time(then: Entry, now: Entry) -> bool:
    if not (then.has_content and now.has_content):
        return False
    return _shape(then) == _shape(now) and then.mtime_ns != now.mtime_ns


def _shape(entry: Entry) -> tuple[object, ...]:
    return (entry.kind, entry.mode, entry.uid, entry.gid, entry.size, entry.target)


def _side_by_side(
    then: Iterator[Entry], now: Iterator[Entry]
) -> Iterator[tuple[Entry | None, Entry | None]]:
    left, right = next(then, None), next(now, None)
    while left is not None or right is not None:
        if right is None or (left is not None and left.order < right.order):
            yield left, None
            left = next(then, None)
        elif left is None or right.order < left.order:
            yield None, right
            right = next(now, None)
        else:
            yield left, right
            left, right = next(then, None), next(now, None)
