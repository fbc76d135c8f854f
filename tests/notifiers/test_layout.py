"""Where services and arrows go in the picture of a stack."""

import io
from itertools import combinations
from pathlib import Path

import pytest

from notifiers import graphs
from notifiers.layout import laid_out
from playbooks.model.stack import Stack
from playbooks.model.stack_file import load_stack

_SHIPPED = sorted((Path(__file__).parents[2] / "playbooks" / "stacks").glob("*.yaml"))


@pytest.fixture(params=_SHIPPED, ids=lambda path: path.stem)
def stack(request: pytest.FixtureRequest) -> Stack:
    return load_stack(request.param)


def test_no_two_boxes_and_no_lane_share_a_place(stack: Stack) -> None:
    """Each service has a place in its layer's column, and arrows that pass it have lanes."""
    layers = stack.layers()
    layout = laid_out(layers, {name: each.needs for name, each in stack.services.items()})
    assert set(layout.places) == set(stack.services)
    for at, layer in enumerate(layers):
        assert {layout.places[name][0] for name in layer} == {float(at)}
    passing = {point for route in layout.routes.values() for point in route}
    for (x, y), (other_x, other_y) in combinations([*layout.places.values(), *passing], 2):
        assert x != other_x or abs(y - other_y) >= 0.3


def test_every_need_has_a_route_through_the_layers_between(stack: Stack) -> None:
    """One point for each column that an arrow passes."""
    layers = stack.layers()
    layer_of = {name: at for at, layer in enumerate(layers) for name in layer}
    layout = laid_out(layers, {name: each.needs for name, each in stack.services.items()})
    for name, service in stack.services.items():
        for needed in service.needs:
            assert len(layout.routes[needed, name]) == layer_of[name] - layer_of[needed] - 1


def test_the_picture_is_a_png_on_paper_of_its_own(stack: Stack) -> None:
    """Its corner is opaque white, so that dark and light grounds show the same."""
    image = pytest.importorskip("matplotlib.image")
    nodes = {
        name: graphs.Node(name, each.needs, "well", "healthy")
        for name, each in stack.services.items()
    }
    layers = [[nodes[name] for name in layer] for layer in stack.layers()]
    drawn = graphs.dependencies("prod/one", layers, list(stack.externals))
    assert drawn is not None
    pixels = image.imread(io.BytesIO(drawn))
    assert pixels[0, 0].tolist() == [1.0, 1.0, 1.0, 1.0]


def test_nothing_to_draw_is_no_picture() -> None:
    """A stack without services has none."""
    assert graphs.dependencies("prod/one", []) is None
