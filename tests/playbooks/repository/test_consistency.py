"""What a backup says of how its datastores belong together."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from playbooks.repository.consistency import Together, intention, sentence

BEGAN = datetime(2026, 11, 22, 2, 0, 0, tzinfo=UTC)


def at(second: float) -> dict[str, Any]:
    return {"at": (BEGAN + timedelta(seconds=second)).isoformat(), "pid": 1}


@pytest.mark.parametrize(
    ("together", "said"),
    [
        ({"stores": ["postgres"]}, "postgres by itself"),
        (
            {"stores": ["neo4j"], "stopped": {"neo4j": at(3)}, "started": {"neo4j": at(41)}},
            "neo4j by itself, stopped from 02:00:03 to 02:00:41 UTC",
        ),
        (
            {"stores": ["neo4j"], "stopped": {"neo4j": at(3)}},
            "neo4j by itself, stopped from 02:00:03 UTC",
        ),
        ({"stores": ["a", "b"], "began": BEGAN}, "a and b: each by itself; up to 51 s apart"),
        (
            {
                "stores": ["a", "b", "c"],
                "began": BEGAN,
                "stopped": {"c": at(3)},
                "started": {"c": at(41)},
            },
            "a, b and c: each by itself; up to 38 s apart",
        ),
        (
            {
                "stores": ["redis", "postgres", "neo4j"],
                "quiesced": ["archivist", "clarity"],
                "stopped": {"clarity": at(2), "archivist": at(3), "neo4j": at(5)},
                "started": {"neo4j": at(41), "archivist": at(44), "clarity": at(50)},
            },
            "consistent: archivist and clarity were stopped from 02:00:03 to 02:00:41 UTC; "
            "redis, postgres and neo4j copied in that time",
        ),
        (
            {
                "stores": ["redis", "postgres"],
                "quiesced": ["archivist"],
                "running": ["shutter", "aperture"],
                "stopped": {"archivist": at(3)},
                "started": {"archivist": at(41)},
            },
            "consistent: archivist was stopped from 02:00:03 to 02:00:41 UTC; redis and postgres "
            "copied in that time; shutter and aperture use them too, and they were not stopped",
        ),
        (
            {"stores": ["uploads"], "quiesced": ["web"]},
            "consistent: web was stopped all the time; uploads copied in that time",
        ),
        ({"stores": ["a", "b"]}, "a and b: each by itself; how far apart is not known"),
    ],
)
def test_the_sentence(together: dict[str, Any], said: str) -> None:
    """Nothing is claimed that the moments of the steps do not give."""
    assert sentence(Together.model_validate(together), BEGAN + timedelta(seconds=50.2)) == said


def test_beforehand_it_is_an_intention() -> None:
    """The card says what will be done; one datastore alone needs no word."""
    assert intention(("a", "b"), ("web",)) == "web is down while a and b are copied"
    assert intention(("a", "b"), ()) == "each by itself, begun at the same time"
    assert intention(("a",), ()) == ""
