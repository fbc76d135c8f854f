"""What a check found."""

from collections.abc import Sequence
from enum import StrEnum

from playbooks.model.base import Model
from playbooks.model.facts import FactQuery, Facts


class Verdict(StrEnum):
    """`unknown` is what could not be looked at: people do."""

    GREEN = "green"
    RED = "red"
    UNKNOWN = "unknown"


class Finding(Model):
    """`said` is the value in words, `postgres 6 h 12 min old`."""

    verdict: Verdict
    said: str


def green(said: str) -> Finding:
    return Finding(verdict=Verdict.GREEN, said=said)


def red(said: str) -> Finding:
    return Finding(verdict=Verdict.RED, said=said)


def unknown(said: str) -> Finding:
    return Finding(verdict=Verdict.UNKNOWN, said=said)


def together(bad: Sequence[str], good: str, lacking: Sequence[str]) -> Finding:
    """Red with all that is bad, and then what is well; unknown where nothing is bad and something
    could not be seen."""
    if bad:
        return red("; ".join([*bad, *([good] if good else []), *lacking]))
    if lacking:
        return unknown("; ".join([*([good] if good else []), *lacking]))
    return green(good)


def why_missing(facts: Facts, query: FactQuery) -> str:
    return facts.missing.get(query.key, "it was not read")
