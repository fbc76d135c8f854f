"""What services used over time, as a picture; where matplotlib is installed (`pictures`)."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Any

from notifiers.pictures import available

_INCHES = (9.5, 7.0)
_HEIGHTS = (3, 3, 1.4)
_DOTS_AN_INCH = 110
_PAPER = "#ffffff"
_MEGA = 1_000_000.0


@dataclass(frozen=True)
class Curve:
    """One service's use: moments with per cent of a core, and with bytes of memory. `whole` is the
    host's, drawn dashed."""

    name: str
    processor: Sequence[tuple[datetime, float]]
    memory: Sequence[tuple[datetime, float]]
    whole: bool = False


def used(title: str, curves: Sequence[Curve], begins: datetime, ends: datetime) -> bytes | None:
    """Processor above, memory below it, the host's processors at the bottom, whose scale is another
    one. None without matplotlib, or with nothing to draw."""
    drawn = [curve for curve in curves if len(curve.memory) > 1]
    if not drawn or not available():
        return None
    # Loaded when the first picture is drawn: a bot that draws none does not carry it.
    figure = import_module("matplotlib.figure").Figure(
        figsize=_INCHES, layout="constrained", facecolor=_PAPER
    )
    above, below, bottom = figure.subplots(3, 1, sharex=True, height_ratios=_HEIGHTS)
    for curve in drawn:
        if curve.whole:
            _draw(bottom, curve.name, curve.processor, 1.0, "--")
        else:
            _draw(above, curve.name, curve.processor, 1.0, "-")
            _draw(below, curve.name, curve.memory, _MEGA, "-")
    above.set_title(title)
    above.set_ylabel("per cent of a core")
    below.set_ylabel("memory in MB")
    bottom.set_ylabel("host, % of a core")
    bottom.set_xlim(begins, ends)
    for axes in (above, below, bottom):
        axes.set_ylim(bottom=0)
        axes.grid(visible=True, alpha=0.3)
    above.legend(loc="upper left", fontsize="small", ncols=3)
    figure.autofmt_xdate()
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=_DOTS_AN_INCH, facecolor=_PAPER)
    return out.getvalue()


def _draw(
    axes: Any, name: str, points: Sequence[tuple[datetime, float]], unit: float, style: str
) -> None:
    moments = [moment for moment, _ in points]
    axes.plot(moments, [value / unit for _, value in points], style, label=name, linewidth=1.3)
