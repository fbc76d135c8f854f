"""kill -9 while a run goes back: a failed or cancelled restore leaves everything as it was."""

from functools import partial

import pytest

from tests.kills.conftest import Harbors
from tests.support.kills import points
from tests.support.kills.cases import cancelled, fails, folder_fails

pytestmark = pytest.mark.slow
OUTSIDE = tuple(place for place in points.PLACES if place != "in")


@pytest.mark.parametrize("place", OUTSIDE)
def test_failed(harbors: Harbors, place: str) -> None:
    """The exchange fails; killed in every undo and in all that is owed, the run ends undone."""
    harbors.both(partial(fails, place), partial(folder_fails, place))


@pytest.mark.parametrize("place", OUTSIDE)
def test_cancelled_after_the_exchange(harbors: Harbors, place: str) -> None:
    """The bot dies right after the exchange, and with it a cancellation that nobody has seen:
    the exchange is taken back, killed in every undo."""
    harbors.both(
        partial(cancelled, place, "postgres", "swap"),
        partial(cancelled, place, "uploads", "exchange"),
    )


@pytest.mark.parametrize("place", OUTSIDE)
def test_cancelled_on_the_way(harbors: Harbors, place: str) -> None:
    """The same while a backup and a copy beside the live data are made."""
    harbors.both(
        partial(cancelled, place, "postgres", "load"),
        partial(cancelled, place, "uploads", "dump.uploads"),
    )
