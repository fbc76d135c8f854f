"""Whether a restore of a backup was rehearsed, in a few words."""

from datetime import datetime, timedelta

from playbooks.repository.listing import Summary
from playbooks.sizes import counted
from playbooks.spans import span


def rehearsed(summary: Summary, datastore: str, now: datetime) -> str:
    """`restored 6 h ago in 4 min 12 s, 31 checks passed`, of this very backup."""
    note = summary.drills.get(datastore)
    if note is None:
        return "never rehearsed"
    age = span(now - note.at)
    if not note.passed:
        return f"failed {age} ago: {note.why}".rstrip(": ")
    took = span(timedelta(seconds=note.seconds))
    return f"restored {age} ago in {took}, {counted(note.checks, 'check')} passed"
