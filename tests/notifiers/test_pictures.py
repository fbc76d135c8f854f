"""Pictures: PNG where matplotlib is, nothing where it is not."""

from datetime import UTC, datetime, timedelta

import pytest

from notifiers import pictures
from notifiers.pictures import Line

NOW = datetime(2026, 11, 22, tzinfo=UTC)
SPAN = timedelta(days=30)
LINE = Line("harbor/postgres", ((NOW - timedelta(days=2), 0.0), (NOW, 172800.0)), 93600.0)


def test_a_picture_is_a_png() -> None:
    """Lines with corners become one PNG."""
    drawn = pictures.ages([LINE, Line("harbor/empty", ())], NOW, SPAN)
    assert drawn is not None
    assert drawn.startswith(b"\x89PNG\r\n")
    assert len(drawn) > 5000


def test_a_young_repository_does_not_begin_with_weeks_of_nothing() -> None:
    """The picture begins with the first backup, an hour ago at the latest, the span at most."""
    young = Line("harbor/uploads", ((NOW - timedelta(minutes=5), 0.0), (NOW, 300.0)))
    old = Line("harbor/old", ((NOW - timedelta(days=90), 0.0), (NOW, 1.0)))
    assert pictures.begins([young], NOW, SPAN) == NOW - timedelta(hours=1)
    assert pictures.begins([LINE, young], NOW, SPAN) == NOW - timedelta(days=2)
    assert pictures.begins([LINE, old], NOW, SPAN) == NOW - SPAN


def test_nothing_to_draw() -> None:
    """Without a corner there is no picture."""
    assert pictures.ages([Line("harbor/empty", ())], NOW, SPAN) is None


def test_without_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it is not installed there is no picture, and nothing breaks."""
    monkeypatch.setattr(pictures, "find_spec", lambda name: None)
    assert not pictures.available()
    assert pictures.ages([LINE], NOW, SPAN) is None
