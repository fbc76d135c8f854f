"""What needs what, as a picture; where matplotlib is installed (the extra `pictures`)."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import Any, Literal

from notifiers.layout import Layout, Point, laid_out
from notifiers.pictures import available

Mood = Literal["well", "ill", "down", "unknown", "outside"]

_DOTS_AN_INCH = 110
_COLUMN_INCHES, _ROW_INCHES = 2.5, 0.95
_BOX = (1.75, 0.56)
_MARGIN = 0.45
_CAPTION_INCHES = 0.55
_LONGEST = 20
_INK, _PAPER, _ARROW = "#1f2328", "#ffffff", "#6e7781"
# Fill and edge; the word below each name says the same.
_COLOURS: Mapping[Mood, tuple[str, str]] = MappingProxyType(
    {
        "well": ("#d8f3dc", "#2d6a4f"),
        "ill": ("#ffe8cc", "#d9480f"),
        "down": ("#ffd6d6", "#c92a2a"),
        "unknown": ("#eceff1", "#546e7a"),
        "outside": ("#f3f0ff", "#5f3dc4"),
    }
)


@dataclass(frozen=True)
class Node:
    """One service. `needs` are names of others; `said` is its state in a word or two."""

    name: str
    needs: tuple[str, ...]
    mood: Mood
    said: str


def dependencies(
    title: str, layers: Sequence[Sequence[Node]], outside: Sequence[str] = ()
) -> bytes | None:
    """Layers from left to right, an arrow from each service to those that need it; `outside` are
    what the whole depends on elsewhere. On paper of its own, so that it can be read on any ground.

    None without matplotlib, or with nothing to draw.
    """
    if not any(layers) or not available():
        return None
    nodes = {node.name: node for layer in layers for node in layer}
    layout = laid_out(
        [[node.name for node in layer] for layer in layers],
        {name: node.needs for name, node in nodes.items()},
    )
    width = (len(layers) + bool(outside) - 1) * _COLUMN_INCHES + _BOX[0] + 2 * _MARGIN
    rows = max(layout.rows, float(len(outside)))
    height = rows * _ROW_INCHES + 2 * _MARGIN + _CAPTION_INCHES
    # Loaded when the first picture is drawn: a bot that draws none does not carry it.
    figure = import_module("matplotlib.figure").Figure(figsize=(width, height), facecolor=_PAPER)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    left = -_BOX[0] / 2 - _MARGIN - (_COLUMN_INCHES if outside else 0.0)
    axes.set_xlim(left, left + width)
    axes.set_ylim(-(height - _CAPTION_INCHES) / 2, (height + _CAPTION_INCHES) / 2)
    _draw(axes, nodes, layout, outside)
    _caption(axes, title, left + _MARGIN, height)
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=_DOTS_AN_INCH, facecolor=_PAPER)
    return out.getvalue()


def _draw(axes: Any, nodes: Mapping[str, Node], layout: Layout, outside: Sequence[str]) -> None:
    patches, paths = import_module("matplotlib.patches"), import_module("matplotlib.path")
    for (needed, name), route in layout.routes.items():
        points = _points(layout.places[needed], route, layout.places[name])
        _arrow(axes, patches, paths.Path(points))
    for name, place in layout.places.items():
        _box(axes, patches, nodes[name], _inches(place))
    for down, name in enumerate(outside):
        place = (-1.0, (len(outside) - 1) / 2 - down)
        _box(axes, patches, Node(name, (), "outside", "outside"), _inches(place))


def _inches(place: Point) -> Point:
    return place[0] * _COLUMN_INCHES, place[1] * _ROW_INCHES


def _points(start: Point, route: Sequence[Point], end: Point) -> list[Point]:
    """From the right side of a box by its lanes, each passed level, to the left side of another."""
    half = _BOX[0] / 2
    begun, ended = _inches(start), _inches(end)
    points = [(begun[0] + half, begun[1])]
    for x, y in map(_inches, route):
        points += [(x - half, y), (x + half, y)]
    return [*points, (ended[0] - half, ended[1])]


def _box(axes: Any, patches: Any, node: Node, place: tuple[float, float]) -> None:
    (x, y), (width, height) = place, _BOX
    fill, edge = _COLOURS[node.mood]
    axes.add_patch(
        patches.FancyBboxPatch(
            (x - width / 2, y - height / 2),
            width,
            height,
            boxstyle="round,pad=0,rounding_size=0.09",
            facecolor=fill,
            edgecolor=edge,
            linewidth=1.4,
            linestyle="--" if node.mood == "outside" else "-",
            zorder=2,
        )
    )
    middle = {"ha": "center", "va": "center", "zorder": 3}
    axes.text(x, y + 0.1, _short(node.name), color=_INK, fontsize=9.5, weight="bold", **middle)
    axes.text(x, y - 0.13, _short(node.said), color=edge, fontsize=8, **middle)


def _arrow(axes: Any, patches: Any, path: Any) -> None:
    axes.add_patch(
        patches.FancyArrowPatch(
            path=path,
            arrowstyle="-|>",
            mutation_scale=10,
            color=_ARROW,
            linewidth=0.9,
            joinstyle="round",
            zorder=1,
        )
    )


def _caption(axes: Any, title: str, left: float, height: float) -> None:
    top = (height + _CAPTION_INCHES) / 2 - 0.3
    axes.text(left, top, title, color=_INK, fontsize=12, weight="bold", va="center")
    told = "Started from left to right. Arrows lead from a service to those that need it."
    axes.text(left, top - 0.27, told, color=_ARROW, fontsize=8, va="center")


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
