"""What a plan leaves open is filled in when a step begins."""

from datetime import UTC, datetime

import pytest

from bot.engine.placeholders import filled, finished_outputs, outputs_if_any
from playbooks.errors import BadArgument
from playbooks.model.base import JsonObject

STARTED = datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC)
OUTPUTS: dict[str, JsonObject] = {
    "begin": {"id": "b1", "deep": {"er": 2}},
    "dump.pg": {"bytes": 5},
    "dump": {"pg": "not this one"},
}


def fill(args: JsonObject) -> JsonObject:
    return filled(args, "k3f9q2", STARTED, finished_outputs(OUTPUTS))


def test_words_are_filled_in_everywhere() -> None:
    """In texts, lists and mappings, more than once; other values stay as they are."""
    args = {"a": "{started}-{run}", "b": [{"c": "{run}{run}"}], "n": 1, "t": True, "x": None}
    assert fill(args) == {
        "a": "20261122-010203-k3f9q2",
        "b": [{"c": "k3f9q2k3f9q2"}],
        "n": 1,
        "t": True,
        "x": None,
    }


def test_references_take_outputs() -> None:
    """A field, a deep field, all of it; the longest key wins."""
    args = {
        "id": {"$from": "begin.id"},
        "deep": {"$from": "begin.deep.er"},
        "all": {"$from": "dump.pg"},
        "bytes": {"$from": "dump.pg.bytes"},
        "entries": {"pg": {"$from": "dump.pg"}},
    }
    assert fill(args) == {
        "id": "b1",
        "deep": 2,
        "all": {"bytes": 5},
        "bytes": 5,
        "entries": {"pg": {"bytes": 5}},
    }


@pytest.mark.parametrize("reference", ["nobody", "begin.nothing", "begin.id.deeper"])
def test_a_reference_to_nothing(reference: str) -> None:
    """Forward it is refused; on the way back it is None, for the step may never have finished."""
    with pytest.raises(BadArgument, match=reference):
        fill({"x": {"$from": reference}})
    back = filled({"x": {"$from": reference}}, "r", STARTED, outputs_if_any(OUTPUTS))
    assert back == {"x": None}
