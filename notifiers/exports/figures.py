"""How people respond, as a PNG, where matplotlib is installed (the extra `pictures`)."""

import io
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from notifiers.pictures import available
from notifiers.views.text import clip_plain, duration
from playbooks.respond.figures import Figures, Span

_INCHES = (12.0, 6.4)
_DOTS_AN_INCH = 120
_PAPER, _INK, _FAINT = "#ffffff", "#24292f", "#57606a"
_ALERTS, _INCIDENTS, _IGNORED = "#1f5fbf", "#b42318", "#c9d1d9"
_LONGEST_RULE = 34
_LONGEST_BAR = 0.62


def spans_of(figures: Figures) -> Sequence[tuple[str, Span]]:
    """What is timed, by its name."""
    return (
        ("Alerts acknowledged (MTTA)", figures.alerts_acknowledged),
        ("Alerts resolved (MTTR)", figures.alerts_resolved),
        ("Incidents acknowledged (MTTA)", figures.incidents_acknowledged),
        ("Incidents mitigated", figures.incidents_mitigated),
        ("Incidents resolved (MTTR)", figures.incidents_resolved),
        ("Approvals waited for", figures.approvals),
    )


def picture(figures: Figures, title: str) -> bytes | None:
    """Alerts a week, how long things took, the noisiest rules. None without matplotlib, or where
    nothing happened."""
    if not available() or not (figures.alerts or figures.incidents or figures.approvals.count):
        return None
    # Loaded when the first picture is drawn: a bot that draws none does not carry it.
    figure = import_module("matplotlib.figure").Figure(
        figsize=_INCHES, layout="constrained", facecolor=_PAPER
    )
    left, right = figure.subfigures(1, 2, width_ratios=(1.0, 0.95))
    above, below = left.subplots(2, 1, height_ratios=(1.0, 1.1))
    _weeks(above, figures)
    _times(below, figures)
    _noisiest(right.subplots(), figures)
    figure.suptitle(title, fontsize=12.5, weight="bold", color=_INK, x=0.012, ha="left")
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=_DOTS_AN_INCH, facecolor=_PAPER)
    return out.getvalue()


def _weeks(axes: Any, figures: Figures) -> None:
    places = range(len(figures.weeks))
    alerts = [week.alerts for week in figures.weeks]
    incidents = [week.incidents for week in figures.weeks]
    axes.bar([p - 0.2 for p in places], alerts, width=0.4, color=_ALERTS, label="alerts")
    axes.bar([p + 0.2 for p in places], incidents, width=0.4, color=_INCIDENTS, label="incidents")
    for place, week in zip(places, figures.weeks, strict=True):
        for value, at in ((week.alerts, place - 0.2), (week.incidents, place + 0.2)):
            if value:
                axes.text(at, value, f"{value:,}", ha="center", va="bottom", fontsize=8)
    axes.set_xticks(places, [f"{week.begins:%d %b}" for week in figures.weeks], fontsize=8)
    axes.set_ylim(0, max([*alerts, *incidents, 1]) * 1.18)
    axes.set_title("Alerts and incidents a week, from", loc="left", fontsize=10, color=_INK)
    axes.legend(fontsize=8, frameon=False, loc="upper right", ncols=2)
    _plain(axes)


def _times(axes: Any, figures: Figures) -> None:
    """Means as bars on a scale of their own: each is told by its label."""
    rows = spans_of(figures)
    longest = max((s.mean.total_seconds() for _, s in rows if s.mean), default=1.0) or 1.0
    for row, (_, span) in enumerate(rows):
        if span.mean is None or span.median is None:
            axes.text(0.01, row, "none yet", va="center", fontsize=8, color=_FAINT)
            continue
        seconds = span.mean.total_seconds()
        width = _LONGEST_BAR * (seconds / longest) ** 0.5
        axes.barh(row, width, height=0.62, color=_ALERTS)
        told = (
            f"{duration(seconds)}, median {duration(span.median.total_seconds())} ({span.count:,})"
        )
        axes.text(width + 0.01, row, told, va="center", fontsize=8, color=_INK)
    axes.set_yticks(range(len(rows)), [name for name, _ in rows], fontsize=8)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlim(0, 1)
    axes.set_title("Mean times (bars by their square roots)", loc="left", fontsize=10, color=_INK)
    _plain(axes)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)


def _noisiest(axes: Any, figures: Figures) -> None:
    rows = figures.noisiest
    for row, each in enumerate(rows):
        axes.barh(row, each.fired - each.ignored, height=0.62, color=_ALERTS)
        axes.barh(row, each.ignored, left=each.fired - each.ignored, height=0.62, color=_IGNORED)
        told = f" {each.fired:,}" + (f", {each.ignored:,} ignored" if each.ignored else "")
        axes.text(each.fired, row, told, va="center", fontsize=8, color=_INK)
    names = [clip_plain(f"{each.stack}: {each.rule}", _LONGEST_RULE) for each in rows]
    axes.set_yticks(range(len(rows)), names, fontsize=8)
    axes.set_ylim(max(len(rows), 6) - 0.4, -0.6)
    axes.set_xlim(0, max([each.fired for each in rows], default=1) * 1.35)
    title = "Noisiest rules: times fired; grey, nobody acknowledged"
    axes.set_title(title if rows else "No rule fired", loc="left", fontsize=10, color=_INK)
    _plain(axes)


def _plain(axes: Any) -> None:
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color("#afb8c1")
    axes.tick_params(axis="y", length=0, colors=_INK, labelsize=8)
    axes.tick_params(axis="x", colors=_INK, labelsize=8)
