"""What `/ops oncall` shows of a rota."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from notifiers.views.oncall import rota_blocks
from playbooks.respond.oncall import turns
from playbooks.respond.rota import LAYERS, Rota

NOW = datetime(2026, 11, 25, 10, tzinfo=UTC)
UNTIL = NOW + timedelta(days=14)


def shown(rota: Rota) -> tuple[str, list[list[str]]]:
    """The words, and the rows of the table."""
    planned = turns(rota, NOW - timedelta(days=8), NOW + timedelta(days=60))
    layers = {layer: [s for s in planned if s.layer == layer] for layer in LAYERS}
    first, *rest = rota_blocks("quay", rota, layers, (NOW, UNTIL), {"ana": "U0ANA"})
    rows: list[Any] = rest[0]["rows"] if rest else []
    return first["text"]["text"], [[cell["text"] for cell in row] for row in rows]


def test_now_and_next_are_said_above_two_weeks() -> None:
    """Times are on the rota's own clocks in the table, on the reader's in the words."""
    rota = Rota(zone="Europe/Paris", starts=date(2026, 11, 23), primary=("ana", "ben"))
    words, rows = shown(rota)
    assert "Primary: <@U0ANA> until <!date^" in words
    assert "then ben from" in words
    assert "Gaps" not in words
    assert rows == [
        ["from (Europe/Paris)", "until", "layer", "who"],
        ["Mon 23 Nov 09:00", "Mon 30 Nov 09:00", "primary", "ana"],
        ["Mon 30 Nov 09:00", "Mon 07 Dec 09:00", "primary", "ben"],
        ["Mon 07 Dec 09:00", "later", "primary", "ana"],
    ]


def test_turns_of_the_same_person_are_one() -> None:
    """Nothing is said of an end that is beyond what is shown."""
    words, rows = shown(Rota(rotation="daily", starts=date(2026, 11, 25), primary=("ana",)))
    assert words.endswith("Primary: <@U0ANA>")
    assert [row[1:] for row in rows[1:]] == [["later", "primary", "ana"]]


def test_gaps_are_said() -> None:
    """Where nobody is on call at all, it says so and since when."""
    words, rows = shown(Rota(primary=("ana",), starts=date(2026, 11, 25), hours=None))
    assert "nobody" not in words
    empty, _ = _nobody()
    assert "*nobody* is on call now" in empty
    assert "*Gaps*: nobody is on call <!date^" in empty
    assert rows


def _nobody() -> tuple[str, list[Any]]:
    rota = Rota(primary=("ana",), starts=date(2026, 11, 25))
    first, *rest = rota_blocks("quay", rota, {"primary": [], "secondary": []}, (NOW, UNTIL), {})
    return first["text"]["text"], rest
