"""Charts over time as PNG, where matplotlib is installed (the extra `pictures`)."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Any

from notifiers.pictures import available

_INCHES = (9.0, 3.6)
_DOTS_AN_INCH = 110
_MOST = 10


@dataclass(frozen=True)
class Bars:
    """Counts of one thing in equal parts of the time that is shown, oldest first."""

    name: str
    counts: Sequence[int]


@dataclass(frozen=True)
class Curve:
    """Values of one thing; `corners` are moments and values."""

    name: str
    corners: Sequence[tuple[datetime, float]]


def bars(rows: Sequence[Bars], title: str, since: datetime, until: datetime) -> bytes | None:
    """Counts of several things on top of each other; those beyond the ten largest together.

    None without matplotlib, or with nothing to draw.
    """
    drawn = _largest([row for row in rows if any(row.counts)])
    if not drawn or not available():
        return None
    figure, axes = _paper(title)
    count = len(drawn[0].counts)
    step = (until - since) / count
    moments = [since + step * (place + 0.5) for place in range(count)]
    below = [0] * count
    for row in drawn:
        axes.bar(moments, row.counts, width=step * 0.9, bottom=below, label=row.name)
        below = [low + high for low, high in zip(below, row.counts, strict=True)]
    return _done(figure, axes, since, until)


def curves(
    rows: Sequence[Curve],
    title: str,
    unit: str,
    span: tuple[datetime, datetime],
    limit: float | None = None,
) -> bytes | None:
    """Values over time, with a dashed line at `limit`. None as `bars`."""
    drawn = [row for row in rows if row.corners][:_MOST]
    if not drawn or not available():
        return None
    figure, axes = _paper(title)
    for row in drawn:
        axes.plot(
            [moment for moment, _ in row.corners],
            [value for _, value in row.corners],
            label=row.name,
            marker="." if len(row.corners) == 1 else None,
        )
    if limit is not None:
        axes.axhline(limit, color="black", linestyle="--", alpha=0.6, label=f"limit {limit:g}")
    axes.set_ylabel(unit)
    return _done(figure, axes, *span)


def _largest(rows: list[Bars]) -> list[Bars]:
    rows = sorted(rows, key=lambda row: -sum(row.counts))
    if len(rows) <= _MOST:
        return rows
    rest = [sum(counts) for counts in zip(*(row.counts for row in rows[_MOST:]), strict=True)]
    return [*rows[:_MOST], Bars("others", rest)]


def _paper(title: str) -> tuple[Any, Any]:
    # Loaded when the first picture is drawn: a bot that draws none does not carry it.
    figure = import_module("matplotlib.figure").Figure(figsize=_INCHES, layout="constrained")
    axes = figure.subplots()
    axes.set_title(title)
    axes.grid(visible=True, alpha=0.3)
    return figure, axes


def _done(figure: Any, axes: Any, since: datetime, until: datetime) -> bytes:
    axes.set_xlim(since, until)
    axes.set_ylim(bottom=0)
    axes.legend(loc="upper left", fontsize="small")
    figure.autofmt_xdate()
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=_DOTS_AN_INCH)
    return out.getvalue()
