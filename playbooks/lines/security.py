"""Looks through lines of logs for what a stack's `security` names."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from playbooks.errors import BadArgument
from playbooks.lines.pattern import LinePattern
from playbooks.lines.requests import said_of
from playbooks.model.base import Model
from playbooks.model.security_patterns import WORDS

_EXAMPLES = 3
_LONGEST_EXAMPLE = 300
_MOST_SOURCES = 500
OTHERS = "others"
_Known = dict[str, list[tuple[LinePattern, tuple[str, ...]]]]


class Hits(Model):
    """Lines of one pattern: how many, by the address they name (empty where none), and examples
    without secrets."""

    sources: dict[str, int] = {}
    examples: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        return sum(self.sources.values())


class Look(Model):
    """What a look through some lines gave. `requests` are counted by their source, `large` answers
    as a pattern of their own; `troubles` are patterns that were given up, with the reason."""

    read: int = 0
    hits: dict[str, Hits] = {}
    requests: dict[str, int] = {}
    troubles: dict[str, str] = {}


def look_through(
    lines: Iterable[str],
    patterns: Mapping[str, Sequence[str]],
    large: tuple[str, int] | None,
    mask: Callable[[str], str],
    words: Mapping[str, tuple[str, ...]] = WORDS,
) -> Look:
    """`large` is under which name answers of more bytes than that count. A pattern that runs wild
    is given up for this look; the others go on. `words` are those of which a line has one at least
    that fits a pattern."""
    known, troubles = _compiled(patterns, words)
    counts: dict[str, Counter[str]] = {}
    examples: dict[str, list[str]] = {}
    requests: Counter[str] = Counter()
    read = 0
    for line in lines:
        read += 1
        said = said_of(line)
        if said.request and said.source:
            requests[_bounded(requests, said.source)] += 1
        found = _fitting(line, known, troubles)
        if large is not None and said.size is not None and said.size > large[1]:
            found.append(large[0])
        for name in found:
            counter = counts.setdefault(name, Counter())
            counter[_bounded(counter, said.source)] += 1
            kept = examples.setdefault(name, [])
            if len(kept) < _EXAMPLES:
                kept.append(mask(line)[:_LONGEST_EXAMPLE])
    hits = {
        name: Hits(sources=dict(counter), examples=tuple(examples[name]))
        for name, counter in counts.items()
    }
    return Look(read=read, hits=hits, requests=dict(requests), troubles=troubles)


def _compiled(
    patterns: Mapping[str, Sequence[str]], words: Mapping[str, tuple[str, ...]]
) -> tuple[_Known, dict[str, str]]:
    known: _Known = {}
    troubles: dict[str, str] = {}
    for name, texts in patterns.items():
        try:
            known[name] = [(LinePattern(text), words.get(text, ())) for text in texts]
        except BadArgument as error:
            troubles[name] = error.message
    return known, troubles


def _fitting(line: str, known: _Known, troubles: dict[str, str]) -> list[str]:
    found, small = [], line.lower()
    for name in list(known):
        try:
            if any(
                pattern.found(line)
                for pattern, words in known[name]
                if not words or any(word in small for word in words)
            ):
                found.append(name)
        except BadArgument as error:
            troubles[name] = error.message
            del known[name]
    return found


def _bounded(counter: Counter[str], source: str) -> str:
    return source if source in counter or len(counter) < _MOST_SOURCES else OTHERS
