"""TTD, TTA, TTM and TTR, as a table."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from playbooks.respond.incident import Incident, Priority
from playbooks.respond.measures import measured
from playbooks.respond.timeline import Entry, Lane

DETECTED = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)
CASES = yaml.safe_load((Path(__file__).parents[2] / "cases" / "measures.yaml").read_text())


def at(minutes: float | None) -> datetime | None:
    return None if minutes is None else DETECTED + timedelta(minutes=minutes)


@pytest.mark.covers("R6", "SN", only="measures")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_times_of_an_incident(case: dict[str, Any]) -> None:
    """Each case of the table: what is noted in, minutes out."""
    given, expected = case["given"], case["expected"]
    incident = Incident(
        id="inc-1",
        title="It is slow",
        priority=Priority.P2,
        opened_by="ana",
        opened_at=DETECTED + timedelta(minutes=given["opened"]),
        detected_at=DETECTED,
        acknowledged_at=at(given.get("acknowledged")),
        mitigated_at=at(given.get("mitigated")),
        resolved_at=at(given.get("resolved")),
    )
    entries = [
        Entry(
            incident="inc-1",
            key=f"reopened:{minutes}",
            at=DETECTED + timedelta(minutes=minutes),
            noted_at=DETECTED + timedelta(minutes=minutes),
            lane=Lane.PEOPLE,
            kind="reopened",
            text="Reopened",
        )
        for minutes in given.get("reopened", ())
    ]
    found = measured(incident, entries, at(given.get("began")))
    times = {
        "detect": found.to_detect,
        "acknowledge": found.to_acknowledge,
        "mitigate": found.to_mitigate,
        "resolve": found.to_resolve,
    }
    minutes = {name: None if t is None else t.total_seconds() / 60 for name, t in times.items()}
    wanted = {name: expected[name] for name in times}
    assert minutes == wanted
    assert found.reopened == expected.get("reopened", 0)
