"""The timeline of an incident as a PNG, where matplotlib is installed (the extra `pictures`)."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo

from notifiers.exports import lanes
from notifiers.exports.lanes import Bubble, Label, Mark, Span
from notifiers.pictures import available
from notifiers.views.text import clip_plain, plural
from playbooks.respond.measures import Measures
from playbooks.respond.timeline import Entry, Lane

_WIDTH = 12.0
_HEAD, _LANE_HEIGHT, _FOOT = 0.55, 0.92, 0.65
_MARK_ROW = 0.18
_PHASE_ROW = 0.28
_DOTS_AN_INCH = 120
_PAPER = "#ffffff"
_INK = "#24292f"
_FAINT = "#57606a"
_SHADES = ("#f3f6fa", "#e6ecf3")
_LOOKS = {
    Lane.ALERT: ("#b42318", "^"),
    Lane.PEOPLE: ("#1f5fbf", "o"),
    Lane.COMMAND: ("#6b46a8", "s"),
    Lane.RUN: ("#11716b", "D"),
    Lane.CHANGE: ("#a15c07", "h"),
    Lane.PHASE: ("#57606a", "p"),
}
_MARK_COLOURS = {
    "Began": "#57606a",
    "Detected": "#b42318",
    "Acknowledged": "#a15c07",
    "Mitigated": "#1f5fbf",
    "Resolved": "#1a7f37",
}
_LEVELS = (0.24, -0.28, 0.43)
_MOST_SIZE = 420.0


@dataclass(frozen=True)
class Drawn:
    """All that is drawn. `phases` are names with their beginnings and ends; `zone` is whose clocks
    the axis shows."""

    title: str
    measures: Measures
    entries: Sequence[Entry]
    phases: Sequence[tuple[str, datetime, datetime]]
    zone: str
    now: datetime


def picture(drawn: Drawn) -> bytes | None:
    """None without matplotlib."""
    if not available():
        return None
    span = lanes.shown_span(drawn.measures, drawn.entries, drawn.now)
    marks = lanes.marks(drawn.measures, span)
    used = [lane for lane in Lane if _inside(drawn, span, lane)]
    rows = max(len(used), 1)
    body = _LANE_HEIGHT * (rows + _PHASE_ROW)
    head = _HEAD + _MARK_ROW * (1 + max((mark.row for mark in marks), default=0))
    height = head + body + _FOOT
    # Loaded when the first picture is drawn: a bot that draws none does not carry it.
    figure = import_module("matplotlib.figure").Figure(figsize=(_WIDTH, height), facecolor=_PAPER)
    axes = figure.add_axes((0.085, _FOOT / height, 0.9, body / height), facecolor=_PAPER)
    axes.set_xlim(span.begins, span.ends)
    axes.set_ylim(rows - 0.5 + _PHASE_ROW, -0.5)
    _phases(axes, drawn, span)
    for row, lane in enumerate(used):
        _lane(axes, row, lane, _inside(drawn, span, lane), span)
    _marks(axes, drawn, span, marks)
    _frame(axes, used, drawn)
    title = clip_plain(drawn.title, 110)
    figure.text(0.012, 1 - 0.3 / height, title, fontsize=12.5, weight="bold", color=_INK)
    figure.text(0.012, 0.14 / height, _outside(drawn, span), fontsize=8, color=_FAINT)
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=_DOTS_AN_INCH, facecolor=_PAPER)
    return out.getvalue()


def _inside(drawn: Drawn, span: Span, lane: Lane) -> list[Entry]:
    return [each for each in drawn.entries if each.lane is lane and span.holds(each.at)]


def _phases(axes: Any, drawn: Drawn, span: Span) -> None:
    for number, (name, begins, ends) in enumerate(drawn.phases):
        left, right = max(begins, span.begins), min(ends, span.ends)
        if left >= right:
            continue
        axes.axvspan(left, right, color=_SHADES[number % 2], zorder=0, linewidth=0)
        room = int((span.place(right) - span.place(left)) / 0.0068)
        if room >= 4:
            axes.text(
                span.place(left) + 0.003,
                0.008,
                clip_plain(name, room),
                transform=axes.transAxes,
                fontsize=7.5,
                style="italic",
                color=_FAINT,
                va="bottom",
            )


def _lane(axes: Any, row: int, lane: Lane, entries: Sequence[Entry], span: Span) -> None:
    colour, marker = _LOOKS[lane]
    axes.axhline(row, color="#d0d7de", linewidth=0.8, zorder=1)
    _bubbles(axes, row, lanes.bubbles(entries, span), colour, marker)
    _labels(axes, row, lanes.labels(entries, span))


def _bubbles(axes: Any, row: int, bubbles: Sequence[Bubble], colour: str, marker: str) -> None:
    """What happened close together is one, the larger the more it is."""
    axes.scatter(
        [each.at for each in bubbles],
        [row] * len(bubbles),
        s=[min(34.0 + 26.0 * (each.count - 1), _MOST_SIZE) for each in bubbles],
        marker=marker,
        color=colour,
        alpha=0.88,
        linewidths=0.6,
        edgecolors=_PAPER,
        zorder=4,
    )
    number = {"fontsize": 6.5, "color": _PAPER, "weight": "bold", "ha": "center", "va": "center"}
    for each in bubbles:
        if each.count > 3:
            axes.text(each.at, row, str(each.count), zorder=5, **number)


def _labels(axes: Any, row: int, labels: Sequence[Label]) -> None:
    """What it was, above its lane, at a thin line down to it."""
    axes.vlines(
        [label.at for label in labels],
        row,
        [row - _LEVELS[label.level] for label in labels],
        colors="#8c959f",
        linewidths=0.6,
        zorder=2,
    )
    for label in labels:
        axes.annotate(
            label.text,
            (label.at, row - _LEVELS[label.level]),
            xytext=(-3 if label.leftwards else 3, 0),
            textcoords="offset points",
            fontsize=7.5,
            color=_INK,
            ha="right" if label.leftwards else "left",
            va="center",
            zorder=3,
            bbox={"facecolor": _PAPER, "alpha": 0.7, "edgecolor": "none", "pad": 0.6},
        )


def _marks(axes: Any, drawn: Drawn, span: Span, marks: Sequence[Mark]) -> None:
    zone = ZoneInfo(drawn.zone)
    for mark in marks:
        colour = _MARK_COLOURS[mark.name]
        axes.axvline(mark.at, color=colour, linewidth=1.3, zorder=2)
        axes.annotate(
            f"{mark.name} {mark.at.astimezone(zone):%H:%M}",
            (span.place(mark.at), 1),
            xycoords="axes fraction",
            xytext=(-3 if mark.leftwards else 3, 6 + 12 * mark.row),
            textcoords="offset points",
            fontsize=8.5,
            weight="bold",
            color=colour,
            ha="right" if mark.leftwards else "left",
            annotation_clip=False,
        )


def _frame(axes: Any, used: Sequence[Lane], drawn: Drawn) -> None:
    dates = import_module("matplotlib.dates")
    zone = ZoneInfo(drawn.zone)
    locator = dates.AutoDateLocator(tz=zone, minticks=5, maxticks=12)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator, tz=zone))
    axes.tick_params(axis="x", labelsize=8, colors=_INK)
    axes.xaxis.get_offset_text().set_size(8)
    axes.set_yticks(range(len(used)), [lanes.TITLES[lane] for lane in used])
    axes.tick_params(axis="y", length=0, labelsize=9.5, colors=_INK)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color("#afb8c1")


def _outside(drawn: Drawn, span: Span) -> str:
    """Whose clocks these are, and what is not in the picture."""
    offset = drawn.measures.detected.astimezone(ZoneInfo(drawn.zone))
    said = [f"Times of {drawn.zone} ({offset:%z}); numbers count entries too close to tell apart."]
    earlier = sum(each.at < span.begins for each in drawn.entries)
    later = sum(each.at > span.ends for each in drawn.entries)
    if earlier:
        said.append(f"{plural(earlier, 'earlier entry', 'earlier entries')} not shown.")
    if later:
        said.append(f"{plural(later, 'later entry', 'later entries')} not shown.")
    return "  ".join(said)
