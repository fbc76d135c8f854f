"""The daily proof: whether the last backups are there and whole, what is wrong first."""

from collections.abc import Sequence
from dataclasses import dataclass

from notifiers.ports import Body
from notifiers.views import blocks
from notifiers.views.text import escape, plural


@dataclass(frozen=True)
class Finding:
    """One thing the proof says of `what` (a datastore, a schedule), in plain words."""

    good: bool
    what: str
    said: str


def proof(stack: str, findings: Sequence[Finding], since: str) -> Body:
    """`stack` like `prod/harbor`, `since` like `2026-11-22 08:30`: from when on was looked at."""
    bad = [finding for finding in findings if not finding.good]
    good = [finding for finding in findings if finding.good]
    text = f"Proof {stack}: {_point(bad, good)}"
    lines = [
        f"*{escape(text)}*",
        *(_line("Wrong", f) for f in bad),
        *(_line("Whole", f) for f in good),
    ]
    return Body(
        text=text,
        blocks=(
            *blocks.sections("\n".join(lines)),
            *blocks.context(f"Everything since {escape(since)}"),
        ),
    )


def _point(bad: Sequence[Finding], good: Sequence[Finding]) -> str:
    if bad:
        names = ", ".join(dict.fromkeys(finding.what for finding in bad))
        return f"{plural(len(bad), 'thing')} wrong with the backups: {names}"
    if not good:
        return "no backup was due"
    return f"{plural(len(good), 'datastore')} backed up and whole"


def _line(word: str, finding: Finding) -> str:
    return f"• {word}: *{escape(finding.what)}* {escape(finding.said)}"
