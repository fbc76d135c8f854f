"""What retention asks about each kind of datastore."""

from importlib import import_module
from typing import get_args

import pytest

from playbooks.model.datastores import Datastore
from playbooks.repository.upkeep import KEEPERS

KINDS = [
    get_args(each.model_fields["kind"].annotation)[0] for each in get_args(get_args(Datastore)[0])
]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_says_what_its_restores_keep(kind: str) -> None:
    """No backup of a kind could be pruned unasked."""
    assert callable(import_module(KEEPERS[kind]).kept)


def test_nothing_is_asked_that_is_no_kind() -> None:
    """The table has no stale names."""
    assert sorted(KEEPERS) == sorted(KINDS)
