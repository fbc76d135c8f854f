"""Who is on call as a PNG, where matplotlib is installed (the extra `pictures`)."""

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo

from notifiers.pictures import available
from notifiers.views.oncall import in_one
from notifiers.views.text import clip_plain
from playbooks.respond.oncall import gaps
from playbooks.respond.rota import LAYERS, Layer, Shift

_WIDTH = 12.0
_HEAD, _LANE_HEIGHT, _FOOT = 0.6, 0.52, 0.75
_LEFT, _BROAD = 0.16, 0.825
_DOTS_AN_INCH = 120
_PAPER, _INK, _FAINT = "#ffffff", "#24292f", "#57606a"
_WEEKEND, _GAP, _NOW = "#f3f6fa", "#b42318", "#b42318"
_COLOURS = ("#1f5fbf", "#11716b", "#6b46a8", "#a15c07", "#3b6e22", "#8a2f5d", "#455a75")
_BAR = 0.68
_LONGEST_NAME = 22
# So many letters of a name fit into a part of the whole width.
_LETTERS = 130
_SHORTEST_GAP = timedelta(minutes=1)


@dataclass(frozen=True)
class Turns:
    """A rota as it is drawn: the shifts of its layers, and whether it has hours, between which
    nobody is meant to be on call."""

    name: str
    layers: Mapping[Layer, Sequence[Shift]]
    has_hours: bool = False


@dataclass(frozen=True)
class _Lane:
    rota: Turns
    layer: Layer

    @property
    def title(self) -> str:
        return f"{clip_plain(self.rota.name, _LONGEST_NAME)} {self.layer}"

    def shifts(self, begins: datetime, ends: datetime) -> Sequence[Shift]:
        """Turns within that time, cut to it."""
        hit = (s for s in in_one(self.rota.layers[self.layer]) if s.ends > begins)
        return [
            s.model_copy(update={"begins": max(s.begins, begins), "ends": min(s.ends, ends)})
            for s in hit
            if s.begins < ends
        ]


def picture(rotas: Sequence[Turns], now: datetime, until: datetime, zone: str) -> bytes | None:
    """A lane for each layer that has people; whom a change put there is hatched and says why, gaps
    are red. `zone` is whose clocks and days the axis shows. None without matplotlib, or without a
    rota."""
    lanes = [
        _Lane(rota, layer)
        for rota in rotas
        for layer in LAYERS
        if rota.layers[layer] or layer == "primary"
    ]
    if not lanes or not available():
        return None
    body = _LANE_HEIGHT * len(lanes)
    height = _HEAD + body + _FOOT
    # Loaded when the first picture is drawn: a bot that draws none does not carry it.
    figure = import_module("matplotlib.figure").Figure(figsize=(_WIDTH, height), facecolor=_PAPER)
    axes = figure.add_axes((_LEFT, _FOOT / height, _BROAD, body / height), facecolor=_PAPER)
    axes.set_xlim(now, until)
    axes.set_ylim(len(lanes) - 0.5, -0.5)
    _days(axes, now, until, ZoneInfo(zone))
    colours = _colours(lanes, now, until)
    for row, lane in enumerate(lanes):
        for shift in lane.shifts(now, until):
            part = (shift.ends - shift.begins) / (until - now)
            _bar(axes, row, shift, colours[shift.person], part)
        _gaps(axes, row, lane, now, until)
    axes.axvline(now, color=_NOW, linewidth=2.0, zorder=5)
    _frame(axes, lanes)
    first, last = (moment.astimezone(ZoneInfo(zone)) for moment in (now, until))
    title = f"On call from {first:%a %d %b %H:%M} until {last:%a %d %b}"
    figure.text(0.012, 1 - 0.32 / height, title, fontsize=12.5, weight="bold", color=_INK)
    figure.text(0.012, 0.16 / height, _legend(first, zone), fontsize=8, color=_FAINT)
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=_DOTS_AN_INCH, facecolor=_PAPER)
    return out.getvalue()


def _colours(lanes: Sequence[_Lane], now: datetime, until: datetime) -> Mapping[str, str]:
    """One for each person, the same in all lanes, in the order in which they come up."""
    people = dict.fromkeys(s.person for lane in lanes for s in lane.shifts(now, until))
    return {person: _COLOURS[at % len(_COLOURS)] for at, person in enumerate(people)}


def _bar(axes: Any, row: int, shift: Shift, colour: str, part: float) -> None:
    axes.barh(
        row,
        shift.ends - shift.begins,
        left=shift.begins,
        height=_BAR,
        color=colour,
        edgecolor=_PAPER,
        linewidth=1.0,
        hatch="////" if shift.why else None,
        zorder=3,
    )
    said = f"{shift.person} ({shift.why})" if shift.why else shift.person
    room = int(part * _LETTERS)
    text = said if len(said) <= room else shift.person[:room]
    axes.text(
        shift.begins + (shift.ends - shift.begins) / 2,
        row,
        text,
        fontsize=8.5,
        weight="bold",
        color=_PAPER,
        ha="center",
        va="center",
        zorder=4,
        bbox={"facecolor": colour, "edgecolor": "none", "pad": 1.2} if shift.why else None,
    )


def _gaps(axes: Any, row: int, lane: _Lane, now: datetime, until: datetime) -> None:
    if lane.rota.has_hours:
        return
    for begins, ends in gaps(lane.rota.layers[lane.layer], now, until):
        if ends - begins < _SHORTEST_GAP:
            continue
        axes.barh(
            row,
            ends - begins,
            left=begins,
            height=_BAR,
            facecolor="#fbeae8",
            edgecolor=_GAP,
            linewidth=1.0,
            linestyle="--",
            zorder=2,
        )
        if (ends - begins) / (until - now) * _LETTERS >= len("nobody"):
            middle = begins + (ends - begins) / 2
            axes.text(
                middle, row, "nobody", fontsize=8, color=_GAP, ha="center", va="center", zorder=4
            )


def _days(axes: Any, now: datetime, until: datetime, zone: ZoneInfo) -> None:
    """A line at each midnight, the name of the day in its middle, weekends shaded."""
    ticks = []
    for begins, ends in _midnights(now, until, zone):
        axes.axvline(begins, color="#d0d7de", linewidth=0.7, zorder=1)
        if begins.weekday() >= 5:
            axes.axvspan(begins, ends, color=_WEEKEND, zorder=0, linewidth=0)
        if (middle := begins + (ends - begins) / 2) > now and middle < until:
            ticks.append((middle, f"{begins:%a}\n{begins:%d %b}"))
    axes.set_xticks([at for at, _ in ticks], [name for _, name in ticks])


def _midnights(
    now: datetime, until: datetime, zone: ZoneInfo
) -> Iterator[tuple[datetime, datetime]]:
    day = now.astimezone(zone).date()
    while day <= until.astimezone(zone).date():
        following = day + timedelta(days=1)
        yield datetime.combine(day, time(), zone), datetime.combine(following, time(), zone)
        day = following


def _frame(axes: Any, lanes: Sequence[_Lane]) -> None:
    axes.tick_params(axis="x", length=0, labelsize=8, colors=_INK)
    axes.set_yticks(range(len(lanes)), [lane.title for lane in lanes])
    axes.tick_params(axis="y", length=0, labelsize=9, colors=_INK)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color("#afb8c1")


def _legend(first: datetime, zone: str) -> str:
    return (
        f"Days of {zone} ({first:%z}). Hatched: taken over or swapped by command. "
        "Dashed: nobody is on call."
    )
