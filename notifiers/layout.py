"""Where services and the arrows between them go in a picture; pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

Needs = Mapping[str, Sequence[str]]
Point = tuple[float, float]

_NODE_ROWS, _LANE_ROWS = 1.0, 0.35
_SWEEPS = 3


@dataclass(frozen=True)
class Layout:
    """Places count in columns from the left and in rows from the middle, upwards. A route leads
    through the lanes of the columns in between, one point a lane; `rows` is the tallest column."""

    places: Mapping[str, Point]
    routes: Mapping[tuple[str, str], Sequence[Point]]
    rows: float


@dataclass(frozen=True)
class _Slot:
    """A place in a column: a service's, or the lane by which arrows from `name` pass it."""

    name: str
    lane: bool
    before: tuple["_Key", ...]

    @property
    def rows(self) -> float:
        return _LANE_ROWS if self.lane else _NODE_ROWS


_Key = tuple[str, int]  # a name, and the column of it or of its lane


def laid_out(layers: Sequence[Sequence[str]], needs: Needs) -> Layout:
    """Layers become columns. Each is ordered by what its members are connected with, so that few
    arrows cross; arrows that pass a column have a lane in it, so that none is behind a box."""
    column_of = {name: at for at, layer in enumerate(layers) for name in layer}
    columns = _ordered(_slots(layers, needs, column_of))
    places: dict[_Key, Point] = {}
    for at, column in enumerate(columns):
        height = sum(slot.rows for slot in column) / 2
        for slot in column:
            places[slot.name, at] = (float(at), height - slot.rows / 2)
            height -= slot.rows
    return Layout(
        places={name: places[name, at] for name, at in column_of.items()},
        routes={
            (needed, name): [places[needed, at] for at in range(column_of[needed] + 1, column)]
            for name, column in column_of.items()
            for needed in needs[name]
        },
        rows=max((sum(slot.rows for slot in column) for column in columns), default=0.0),
    )


def _slots(
    layers: Sequence[Sequence[str]], needs: Needs, column_of: Mapping[str, int]
) -> list[list[_Slot]]:
    columns: list[list[_Slot]] = []
    for at, layer in enumerate(layers):
        column = [_Slot(name, False, tuple((n, at - 1) for n in needs[name])) for name in layer]
        for needed in _passing(at, needs, column_of):
            column.append(_Slot(needed, True, ((needed, at - 1),)))
        columns.append(column)
    return columns


def _passing(at: int, needs: Needs, column_of: Mapping[str, int]) -> Iterator[str]:
    """Those whose arrows pass a column: they stand before it and are needed behind it."""
    for needed, column in column_of.items():
        behind = (name for name, wanted in needs.items() if needed in wanted)
        if column < at and any(column_of[name] > at for name in behind):
            yield needed


def _ordered(columns: Sequence[Sequence[_Slot]]) -> list[list[_Slot]]:
    """By the middle of what stands before, then of what stands behind, a few times over."""
    ordered = [list(column) for column in columns]
    for _ in range(_SWEEPS):
        _sweep(ordered, range(1, len(ordered)), -1)
        _sweep(ordered, range(len(ordered) - 2, -1, -1), 1)
    return ordered


def _sweep(columns: list[list[_Slot]], order: Sequence[int], step: int) -> None:
    for at in order:
        heights = {
            (slot.name, at + step): row - len(columns[at + step]) / 2
            for row, slot in enumerate(columns[at + step])
        }
        own = {(slot.name, at): row - len(columns[at]) / 2 for row, slot in enumerate(columns[at])}
        columns[at].sort(
            key=lambda slot: _middle(
                _neighbours(slot, at, step, columns), heights, own[slot.name, at]
            )
        )


def _neighbours(
    slot: _Slot, at: int, step: int, columns: Sequence[Sequence[_Slot]]
) -> Sequence[_Key]:
    if step < 0:
        return slot.before
    return [(other.name, at + 1) for other in columns[at + 1] if (slot.name, at) in other.before]


def _middle(keys: Sequence[_Key], heights: Mapping[_Key, float], otherwise: float) -> float:
    known = [heights[key] for key in keys if key in heights]
    return sum(known) / len(known) if known else otherwise
