"""Writes docs/status.md from what tests say that they cover: `make docs`."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from docs.capabilities import CAPABILITIES, ROOMS, SYSTEMS, Capability
from docs.covers import Cover, covers

ROOT = Path(__file__).parents[1]
PAGE = Path(__file__).parent / "status.md"

_INTRODUCTION = """\
# What is proved

Each capability against each of the five systems whose guide asks for it, as the tests have it:

- **real**: a test runs it against the real part: a real container, database, browser.
- **by contract**: against a stand-in that speaks the documented interface, because the real part
  cannot be had where the tests run. The same test runs on the real one where it can be pulled.
- **in part**: real, but not all that the capability asks for; what, is said below.
- **missing**: no test yet, and mostly no code.
- An empty place: that system's guide does not ask for it.

This page is made from the marks `@pytest.mark.covers(…)` of the tests by `make docs`.
"""
_WORDS = ("real", "by contract", "in part", "missing")


def page() -> str:
    """The whole page as Markdown. Raises WrongMark."""
    found = covers(ROOT)
    parts = [_INTRODUCTION, *_summary(found)]
    for letter, room in ROOMS.items():
        rows = [each for each in CAPABILITIES if each.id.startswith(letter)]
        parts += [f"## {room}\n", _table(rows, found), *_details(rows, found)]
    return "\n".join(parts).rstrip() + "\n"


def _summary(found: Sequence[Cover]) -> Iterator[str]:
    states = [_state(each, system, found) for each in CAPABILITIES for system in each.systems]
    counts = ", ".join(f"{states.count(word)} {word}" for word in _WORDS)
    yield f"Of {len(states)} places: {counts}.\n"


def _table(rows: Sequence[Capability], found: Sequence[Cover]) -> str:
    lines = [
        f"| | | {' | '.join(SYSTEMS.values())} |",
        f"|---|---|{'---|' * len(SYSTEMS)}",
    ]
    for row in rows:
        states = [_state(row, letter, found) if letter in row.systems else "" for letter in SYSTEMS]
        lines.append(f"| {row.id} | {row.what} | {' | '.join(states)} |")
    return "\n".join(lines) + "\n"


def _state(row: Capability, system: str, found: Sequence[Cover]) -> str:
    fitting = [each for each in found if each.row == row.id and each.system == system]
    whole = [each for each in fitting if not each.only]
    if any(not each.by_contract for each in whole):
        return "real"
    if whole:
        return "by contract"
    return "in part" if fitting else "missing"


def _details(rows: Sequence[Capability], found: Sequence[Cover]) -> Iterator[str]:
    for row in rows:
        lines = dict.fromkeys(_proof(row, found))
        if lines:
            yield f"**{row.id}** {row.what}\n"
            yield "\n".join(lines) + "\n"


def _proof(row: Capability, found: Sequence[Cover]) -> Iterator[str]:
    """A line for each test, with all systems for which it says the same."""
    own = [each for each in found if each.row == row.id]
    for each in own:
        alike = [
            o
            for o in own
            if (o.test, o.only, o.by_contract) == (each.test, each.only, each.by_contract)
        ]
        letters = "".join(letter for letter in SYSTEMS if letter in {o.system for o in alike})
        how = "; ".join(
            part
            for part in (
                "by contract" if each.by_contract else "",
                each.only and f"only {each.only}",
            )
            if part
        )
        yield f"- {letters}: `{each.test}`{f' ({how})' if how else ''}: {each.promise}"
