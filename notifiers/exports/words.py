"""Words of exports, which are read outside of Slack."""

import html
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from notifiers.exports.lanes import said
from notifiers.views.text import duration, plural
from playbooks.respond.postmortem import Postmortem
from playbooks.respond.timeline import Entry

_MARKUP = re.compile(r"<(@|#|!|https?:|mailto:)([^<>|]*)(?:\|([^<>]*))?>")
MOST_ENTRIES = 10_000


class Clock:
    """Moments as clocks of one zone show them, with the offset that holds then."""

    def __init__(self, zone: str) -> None:
        self.zone = zone
        self._zone = ZoneInfo(zone)

    def day(self, moment: datetime) -> date:
        return moment.astimezone(self._zone).date()

    def time(self, moment: datetime) -> str:
        """`14:02:05 +01:00`."""
        there = moment.astimezone(self._zone)
        return f"{there:%H:%M:%S} {_offset(there)}"

    def both(self, moment: datetime) -> str:
        """`2026-11-22 14:02:05 +01:00`."""
        return f"{self.day(moment)} {self.time(moment)}"


def plain_words(text: str, people: Mapping[str, str]) -> str:
    """What Slack's markup says: mentions by their names, links as label and address."""
    return html.unescape(_MARKUP.sub(lambda found: _unmarked(found, people), text))


def entry_words(entry: Entry, people: Mapping[str, str]) -> str:
    """What happened, with who did it and what became of the message."""
    remarks = [
        entry.by and f"by {entry.by}" if entry.by and entry.by not in entry.text else "",
        "noted later" if entry.late else "",
        "edited" if entry.edited_at and not entry.deleted_at else "",
    ]
    told = ", ".join(remark for remark in remarks if remark)
    words = plain_words(said(entry), people)
    return f"{words} ({told})" if told else words


def shown_entries(entries: Sequence[Entry]) -> tuple[Sequence[Entry], str]:
    """As many as a file takes, the newest, and what is said of the others."""
    left_out = len(entries) - MOST_ENTRIES
    if left_out <= 0:
        return entries, ""
    return (
        entries[left_out:],
        f"The first {plural(left_out, 'entry', 'entries')} of {len(entries):,} are left out here; "
        "`/ops timeline` shows them all.",
    )


def times(post: Postmortem) -> Sequence[tuple[str, str, str]]:
    """What was measured: a name, how long, and from when to when."""
    measures, clock = post.measures, Clock(post.zone)

    def row(
        name: str, took: timedelta | None, begins: datetime, ends: datetime | None, missing: str
    ) -> tuple[str, str, str]:
        if took is None or ends is None:
            return (name, missing, f"since {clock.both(begins)}")
        return (
            name,
            duration(took.total_seconds()),
            f"{clock.both(begins)} to {clock.both(ends)}",
        )

    began, detected = measures.began, measures.detected
    return [
        row(
            "Time to detect (TTD)",
            measures.to_detect,
            began,
            detected,
            "not known",
        ),
        row(
            "Time to acknowledge (TTA)",
            measures.to_acknowledge,
            detected,
            measures.acknowledged,
            "never acknowledged",
        ),
        row(
            "Time to mitigate (TTM)",
            measures.to_mitigate,
            began,
            measures.mitigated,
            "not mitigated yet",
        ),
        row(
            "Time to resolve (TTR)",
            measures.to_resolve,
            began,
            measures.resolved,
            "not resolved yet",
        ),
    ]


def impact(post: Postmortem) -> Sequence[str]:
    """What is known of its effects: what people wrote, then what was measured."""
    measures, each = post.measures, post.incident
    found = [post.review.impact] if post.review.impact else []
    where = f"{post.environment}/{each.stack}" if each.stack else "No stack of ours"
    if measures.to_mitigate is not None:
        found.append(f"{where} was affected for {duration(measures.to_mitigate.total_seconds())}.")
    else:
        found.append(f"{where} is still affected.")
    if post.services:
        found.append(f"Services that alerts name: {', '.join(post.services)}.")
    if post.rules:
        rules = ", ".join(f"{rule} ({count})" for rule, count in post.rules)
        found.append(f"Rules that fired: {rules}.")
    if measures.reopened:
        found.append(f"It was reopened {plural(measures.reopened, 'time')}.")
    return found


def roles(post: Postmortem) -> str:
    """`commander ana, scribe ben`."""
    named = ((role, post.people.get(slack, slack)) for role, slack in post.incident.roles.items())
    return ", ".join(f"{role} {name}" for role, name in named) or "nobody"


def _unmarked(found: re.Match[str], people: Mapping[str, str]) -> str:
    mark, rest, label = found[1], found[2], found[3] or ""
    if mark == "@":
        return f"@{people.get(rest) or label or rest}"
    if mark == "#":
        return f"#{label or rest}"
    if mark == "!":
        return label or f"@{rest.partition('^')[0]}"
    address = f"{mark}{rest}".removeprefix("mailto:")
    return f"{label} ({address})" if label and label != address else address


def _offset(there: datetime) -> str:
    """`+01:00`."""
    text = f"{there:%z}"
    return f"{text[:3]}:{text[3:5]}"
