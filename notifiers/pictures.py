"""Pictures as PNG, where matplotlib is installed (the extra `pictures`)."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from importlib.util import find_spec
from typing import Any

_HOUR = 3600.0
_INCHES = (9.0, 4.0)
_DOTS_AN_INCH = 110
_LEAST = timedelta(hours=1)


@dataclass(frozen=True)
class Line:
    """One datastore's age over time: `corners` are moments and seconds; `at_most` in seconds.

    `drills` are moments of rehearsed restores, and whether they passed.
    """

    name: str
    corners: Sequence[tuple[datetime, float]]
    at_most: float | None = None
    drills: Sequence[tuple[datetime, bool]] = ()


def ages(lines: Sequence[Line], now: datetime, span: timedelta) -> bytes | None:
    """How old the newest good backups were over the last `span`, with the objectives dashed, drills
    that passed as triangles and those that failed as crosses on the ground.

    None without matplotlib, or with nothing to draw.
    """
    drawn = [line for line in lines if line.corners]
    if not drawn or not available():
        return None
    # Loaded when the first picture is drawn: a bot that draws none does not carry it.
    figure = import_module("matplotlib.figure").Figure(figsize=_INCHES, layout="constrained")
    axes = figure.subplots()
    for line in drawn:
        _draw(axes, line)
    axes.set_xlim(begins(drawn, now, span), now)
    axes.set_ylim(bottom=0)
    axes.set_ylabel("age in hours")
    axes.set_title("Age of the newest good backup")
    axes.grid(visible=True, alpha=0.3)
    axes.legend(loc="upper left", fontsize="small")
    figure.autofmt_xdate()
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=_DOTS_AN_INCH)
    return out.getvalue()


def begins(lines: Sequence[Line], now: datetime, span: timedelta) -> datetime:
    """Where the picture begins: with what is known, where that is less than `span`."""
    first = min(moment for line in lines for moment, _ in line.corners)
    return max(now - span, min(first, now - _LEAST))


def available() -> bool:
    """Whether pictures can be drawn here."""
    return find_spec("matplotlib") is not None


def _draw(axes: Any, line: Line) -> None:
    moments = [moment for moment, _ in line.corners]
    hours = [seconds / _HOUR for _, seconds in line.corners]
    (curve,) = axes.plot(moments, hours, label=line.name)
    if line.at_most is not None:
        axes.axhline(line.at_most / _HOUR, color=curve.get_color(), linestyle="--", alpha=0.6)
    for passed, marker in ((True, "^"), (False, "x")):
        when = [moment for moment, good in line.drills if good is passed]
        axes.plot(when, [0.0] * len(when), marker, color=curve.get_color())
