"""Which name somebody meant. Loaded when a name is not known, which is seldom."""

from collections.abc import Iterable

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

_HALF = 0.5
_LOOKS_ALIKE = 70


def mistyped(word: str, names: Iterable[str]) -> str | None:
    """The name from which `word` is the fewest slips of fingers away, swapped letters included;
    None when that would be more than half of it."""
    scorer = OSA.normalized_similarity
    match = process.extractOne(word, list(names), scorer=scorer, score_cutoff=_HALF)
    return match[0] if match else None


def resembling(word: str, names: Iterable[str]) -> str | None:
    """The name most like `word` as a whole or in part, if one is alike at all."""
    match = process.extractOne(word, list(names), scorer=fuzz.WRatio, score_cutoff=_LOOKS_ALIKE)
    return match[0] if match else None
