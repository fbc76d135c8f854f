"""The draft of a post-mortem as blocks."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from notifiers.exports.words import entry_words, impact, plain_words
from notifiers.views import blocks
from notifiers.views.followup import followup_line
from notifiers.views.text import clip, code, duration, escape, plural, when
from playbooks.model.base import JsonObject
from playbooks.respond.postmortem import Postmortem
from playbooks.respond.review import day_of
from playbooks.respond.timeline import Entry

_FORM = "{date_short_pretty} {time_secs}"
_LONGEST = 600
_MOST_LINES = 15


def postmortem_blocks(post: Postmortem) -> list[JsonObject]:
    """All but the timeline, which has its own subcommand."""
    today = day_of(post.written_at, post.zone)
    followups = [followup_line(each, today) for each in post.followups]
    return [
        *blocks.headline(f"Post-mortem: {post.title}"),
        *blocks.fields(_times(post)),
        *_part("Impact", [escape(each) for each in impact(post)]),
        *_part("Cause", [_words(post, post.review.cause)], "not written yet"),
        *_part("Changes before it", _entries(post, post.changes)),
        *_part("What was run", _entries(post, post.ran)),
        *_part("Actions", followups, "none yet"),
        *_part("Lessons", [_words(post, post.review.lessons)], "not written yet"),
        *blocks.context(
            f"{plural(len(post.entries), 'entry', 'entries')}: "
            f"{code(f'/ops timeline {post.incident.id}')} · "
            f"{code(f'/ops postmortem {post.incident.id} --html')} makes one page of all of it"
        ),
    ]


def _times(post: Postmortem) -> list[tuple[str, str]]:
    measures = post.measures
    rows = [
        ("To detect", measures.to_detect, measures.detected, "say when it began: `--began TIME`"),
        ("To acknowledge", measures.to_acknowledge, measures.acknowledged, "never acknowledged"),
        ("To mitigate", measures.to_mitigate, measures.mitigated, "not mitigated yet"),
        ("To resolve", measures.to_resolve, measures.resolved, "not resolved yet"),
    ]
    return [
        (name, missing if took is None or at is None else _took(took, at))
        for name, took, at, missing in rows
    ]


def _took(took: timedelta, at: datetime) -> str:
    return f"{duration(took.total_seconds())}, {when(at, _FORM)}"


def _entries(post: Postmortem, entries: Sequence[Entry]) -> list[str]:
    lines = [
        f"{when(each.at, _FORM)} {clip(entry_words(each, post.people), _LONGEST)}"
        for each in entries[:_MOST_LINES]
    ]
    more = len(entries) - _MOST_LINES
    return [*lines, f"and {more:,} more, in the timeline"] if more > 0 else lines


def _words(post: Postmortem, text: str) -> str:
    return escape(plain_words(text, post.people))


def _part(title: str, lines: Sequence[str], nothing: str = "nothing noted") -> list[JsonObject]:
    kept = [line for line in lines if line]
    if not kept:
        return blocks.sections(f"*{title}* · {nothing}")
    return blocks.sections("\n".join([f"*{title}*", *(f"• {line}" for line in kept)]))
