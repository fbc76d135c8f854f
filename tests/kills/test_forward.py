"""kill -9 before, in and after every step of backups, restores and their undo."""

from functools import partial

import pytest

from tests.kills.conftest import Harbors
from tests.support.kills import points
from tests.support.kills.cases import DATASTORES, backup, restore, undo

pytestmark = pytest.mark.slow
OUTSIDE = tuple(place for place in points.PLACES if place != "in")


@pytest.mark.covers("B1", "RNSAC", only="PostgreSQL, the bot killed in every stage")
@pytest.mark.parametrize("place", points.PLACES)
def test_backup(harbors: Harbors, place: str) -> None:
    """Killed once in every stage, the backup is published whole, and nothing else is."""
    harbors.both(*(partial(backup, place, which) for which in (0, 1)))


@pytest.mark.covers("B8", "RNSAC", only="PostgreSQL, the bot killed in every stage")
@pytest.mark.parametrize("place", points.PLACES)
def test_restore(harbors: Harbors, place: str) -> None:
    """Killed once in every stage, the restore succeeds; at every death the live data is whole."""
    harbors.both(*(partial(restore, place, datastore) for datastore in DATASTORES))


@pytest.mark.parametrize("place", OUTSIDE)
def test_undo(harbors: Harbors, place: str) -> None:
    """Killed once in every stage, the undo brings the replaced data back."""
    harbors.both(*(partial(undo, place, datastore) for datastore in DATASTORES))
