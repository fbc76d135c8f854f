"""Where everything goes in the picture of a timeline: pure, in parts of its width."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from notifiers.views.text import clip_plain
from playbooks.respond.measures import Measures
from playbooks.respond.timeline import Entry, Lane

TITLES = {
    Lane.ALERT: "Alerts",
    Lane.PEOPLE: "People",
    Lane.COMMAND: "Commands",
    Lane.RUN: "Runs",
    Lane.CHANGE: "Changes",
    Lane.PHASE: "Phases",
}
_TELLING = frozenset(
    {
        "fired",
        "resolved",
        "mitigated",
        "reopened",
        "opened",
        "deploy",
        "failed",
        "uncertain",
        "undone",
        "succeeded",
        "severity",
        "update",
    }
)
_LONGEST_LABEL = 44
_BEFORE, _AFTER = 0.12, 0.1
_SHORTEST = timedelta(minutes=4)
_BUBBLE = 0.011
_CHARACTER = 0.0061
_GAP = 0.012
LEVELS = 3


@dataclass(frozen=True)
class Span:
    """What the picture shows of all there is: from `begins` to `ends`."""

    begins: datetime
    ends: datetime

    def place(self, moment: datetime) -> float:
        """0 at its left edge, 1 at its right one."""
        return (moment - self.begins) / (self.ends - self.begins)

    def holds(self, moment: datetime) -> bool:
        return self.begins <= moment <= self.ends


@dataclass(frozen=True)
class Bubble:
    """Entries of one lane that are too close to be told apart, at the first one's place."""

    at: datetime
    count: int


@dataclass(frozen=True)
class Label:
    """Some words about one entry, on one of the levels around its lane."""

    at: datetime
    text: str
    level: int
    leftwards: bool


@dataclass(frozen=True)
class Mark:
    """A moment that divides the incident, drawn from top to bottom; its name in one of the rows
    above."""

    name: str
    at: datetime
    row: int
    leftwards: bool


def shown_span(measures: Measures, entries: Sequence[Entry], now: datetime) -> Span:
    """The incident itself with some room around it, however long before there was a change and
    however long after there is a note. What is not over goes on until now."""
    began = measures.began
    if measures.resolved is not None:
        over = max(measures.resolved, began)
    else:
        over = max([now, began, *(each.at for each in entries if each.at <= now)])
    length = max(over - began, _SHORTEST)
    return Span(began - _BEFORE * length, over + _AFTER * length)


def bubbles(entries: Sequence[Entry], span: Span) -> Sequence[Bubble]:
    """Of one lane, in their order."""
    found: list[list[Entry]] = []
    for entry in sorted(entries, key=lambda each: each.at):
        if not span.holds(entry.at):
            continue
        if found and span.place(entry.at) - span.place(found[-1][0].at) < _BUBBLE:
            found[-1].append(entry)
        else:
            found.append([entry])
    return [Bubble(group[0].at, len(group)) for group in found]


def labels(entries: Sequence[Entry], span: Span) -> Sequence[Label]:
    """Words for as many entries of one lane as there is room for: the telling ones first, then in
    their order; none covers another."""
    taken: list[list[tuple[float, float]]] = [[] for _ in range(LEVELS)]
    found: list[Label] = []
    inside = [each for each in entries if span.holds(each.at)]
    for entry in sorted(inside, key=lambda each: (each.kind not in _TELLING, each.at)):
        place = span.place(entry.at)
        if _free(taken, (place, place)) is None:
            continue
        text = clip_plain(" ".join(said(entry).split()), _LONGEST_LABEL)
        width = len(text) * _CHARACTER
        leftwards = place + width > 1
        left = place - width if leftwards else place
        stretch = (left - _GAP, left + width + _GAP)
        level = _free(taken, stretch)
        if level is not None:
            taken[level].append(stretch)
            found.append(Label(entry.at, text, level, leftwards))
    return found


def marks(measures: Measures, span: Span) -> Sequence[Mark]:
    """What divided the incident, as far as it has come; their names do not cover each other."""
    moments = [
        ("Began", measures.began if measures.to_detect else None),
        ("Detected", measures.detected),
        ("Acknowledged", measures.acknowledged),
        ("Mitigated", measures.mitigated if measures.mitigated != measures.resolved else None),
        ("Resolved", measures.resolved),
    ]
    taken: list[list[tuple[float, float]]] = [[] for _ in range(5)]
    found: list[Mark] = []
    for name, at in moments:
        if at is None or not span.holds(at):
            continue
        place, width = span.place(at), len(f"{name} 00:00") * _CHARACTER * 1.15
        leftwards = place + width > 1
        left = place - width if leftwards else place
        row = _free(taken, (left - _GAP, left + width + _GAP)) or 0
        taken[row].append((left - _GAP, left + width + _GAP))
        found.append(Mark(name, at, row, leftwards))
    return found


def said(entry: Entry) -> str:
    """What the entry says; what was deleted is not repeated outside of the channel."""
    if entry.deleted_at is None:
        return entry.text
    return "(mark taken back)" if entry.detail.get("unmarked") else "(deleted)"


def _free(taken: list[list[tuple[float, float]]], stretch: tuple[float, float]) -> int | None:
    left, right = stretch
    for level, others in enumerate(taken):
        if all(right <= begins or ends <= left for begins, ends in others):
            return level
    return None
