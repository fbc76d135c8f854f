"""An incident as Markdown."""

import re
from collections.abc import Iterator, Sequence

from notifiers.exports.words import (
    Clock,
    entry_words,
    impact,
    plain_words,
    roles,
    shown_entries,
    times,
)
from notifiers.views.text import plural
from playbooks.respond.phases import Checklist, due
from playbooks.respond.postmortem import Postmortem
from playbooks.respond.timeline import Entry

_SPECIAL = re.compile(r"([\\`*_\[\]<>|#~])")
_NOTHING = "*Nothing noted.*"


def postmortem(post: Postmortem) -> str:
    """The whole draft."""
    return _text(
        [
            f"# Post-mortem: {_safe(post.title)}",
            *_facts(post),
            "## Impact",
            *[f"- {_said(post, sentence)}" for sentence in impact(post)],
            "",
            "## Times",
            *_table(("", "Took", "From and to"), times(post)),
            "## Cause",
            _said(post, post.review.cause) or "*Not written yet.*",
            "",
            "## Changes before it",
            *_list(post, post.changes),
            "## What was run",
            *_list(post, post.ran),
            "## Actions",
            *_actions(post),
            "## Lessons",
            _said(post, post.review.lessons) or "*Not written yet.*",
            "",
            *_checklist(post),
            "## Timeline",
            *_timeline(post),
        ]
    )


def timeline(post: Postmortem) -> str:
    """What happened, and no more."""
    return _text([f"# Timeline: {_safe(post.title)}", *_facts(post), *_timeline(post)])


def _facts(post: Postmortem) -> Iterator[str]:
    clock, each = Clock(post.zone), post.incident
    yield ""
    yield f"- State: {each.state}, {each.priority}"
    yield f"- Opened: {clock.both(each.opened_at)} by {_safe(each.opened_by)}"
    yield f"- Roles: {_safe(roles(post))}"
    yield f"- Written: {clock.both(post.written_at)}, times of {post.zone}"
    yield ""


def _timeline(post: Postmortem) -> Iterator[str]:
    """A table a day."""
    clock = Clock(post.zone)
    entries, remark = shown_entries(post.entries)
    if remark:
        yield remark
    day = None
    for entry in entries:
        if clock.day(entry.at) != day:
            day = clock.day(entry.at)
            yield from ("", f"### {day:%A}, {day}", "", "| Time | About | What |", "|---|---|---|")
        words = _safe(entry_words(entry, post.people))
        yield f"| {clock.time(entry.at)} | {entry.lane} | {words} |"
    if day is None:
        yield _NOTHING


def _list(post: Postmortem, entries: Sequence[Entry]) -> Iterator[str]:
    clock = Clock(post.zone)
    for entry in entries:
        yield f"- {clock.both(entry.at)}: {_safe(entry_words(entry, post.people))}"
    if not entries:
        yield _NOTHING
    yield ""


def _actions(post: Postmortem) -> Iterator[str]:
    clock = Clock(post.zone)
    for each in post.followups:
        mark = "x" if each.done_at else " "
        told = f"done {clock.day(each.done_at)}" if each.done_at else f"due {each.due}"
        yield f"- [{mark}] {each.id}: {_safe(each.text)} ({_safe(each.owner)}, {told})"
    if not post.followups:
        yield _NOTHING
    yield ""


def _checklist(post: Postmortem) -> Iterator[str]:
    if post.checklist is None:
        return
    yield "## Phases"
    yield from _stages(post, post.checklist)


def _stages(post: Postmortem, checklist: Checklist) -> Iterator[str]:
    clock = Clock(post.zone)
    for number, stage in enumerate(checklist.stages):
        ends = due(checklist, number)
        until = f", until {clock.both(ends)}" if ends else ""
        yield f"### {_safe(stage.name)}{until}"
        left = len(stage.left)
        yield f"{plural(left, 'item')} left open." if left else "All done."
        for task in stage.items:
            tick = task.tick
            told = f" ({tick.by}, {clock.both(tick.at)})" if tick else ""
            seen = tick.note if tick else (task.seen.finding.said if task.seen else "")
            words = _safe(task.text + (f": {seen}" if seen else "") + told)
            yield f"- [{'x' if tick else ' '}] {words}"
        yield ""


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(titles)} |"
    yield f"|{'---|' * len(titles)}"
    for row in rows:
        yield f"| {' | '.join(map(_safe, row))} |"
    yield ""


def _said(post: Postmortem, text: str) -> str:
    return _safe(plain_words(text, post.people))


def _safe(text: str) -> str:
    """Somebody's words on one line, in which nothing is markup."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _text(lines: Sequence[str]) -> str:
    """One empty line, never two."""
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"
