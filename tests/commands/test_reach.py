"""What people read about a connection between two services."""

import pytest

from commands.see.net import details, headline
from playbooks.model.reach import Reach

_BASE = Reach(
    source="api",
    target="db",
    port=5432,
    networks={"one": "10.0.0.2"},
    target_networks={"one": "10.0.0.3"},
    resolved=("10.0.0.3",),
    tool="bash",
)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"times_ms": (0.3, 0.2, 9.0), "opened": 3}, "api reaches db:5432 in 0.3 ms"),
        ({"opened": 1}, "api reaches db:5432"),
        (
            {"times_ms": (0.3,), "opened": 1, "failures": ("Connection refused",)},
            "api reaches db:5432 only in 1 of 2 tries",
        ),
        (
            {"target_networks": {"two": "10.1.0.3"}, "resolved": ()},
            "api does not reach db:5432: they share no network",
        ),
        ({"resolved": ()}, "api does not reach db:5432: the name db has no address there"),
        (
            {"listens": (), "failures": ("Connection refused",)},
            "api does not reach db:5432: nothing listens on 5432 in db",
        ),
        (
            {"listens": ("127.0.0.1",), "failures": ("Connection refused",)},
            "api does not reach db:5432: db listens on its own loopback only (127.0.0.1)",
        ),
        ({}, "api does not reach db:5432: no connection opened in time; a firewall may drop it"),
        (
            {"tool": "", "why": "no image has a tool"},
            "whether api reaches db:5432 is unknown: no image has a tool",
        ),
    ],
)
def test_the_headline_has_the_point_and_the_reason(changes: dict[str, object], said: str) -> None:
    """One reason for each way in which it fails."""
    assert headline(_BASE.model_copy(update=changes)) == said


def test_what_to_do_is_said_where_no_network_is_shared() -> None:
    """With the networks of both."""
    apart = _BASE.model_copy(update={"target_networks": {"two": "10.1.0.3"}, "resolved": ()})
    lines = list(details(apart))
    assert "Networks of db: two (10.1.0.3)" in lines
    assert lines[-1].startswith("Put both into one of these networks")
