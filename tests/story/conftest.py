"""A demo of its own for each file of stories."""

from collections.abc import Iterator

import pytest

from tests.support.people import Harbor, demo_folder, harbor_in


@pytest.fixture(scope="module")
def harbor() -> Iterator[Harbor]:
    """A fresh demo at Slack's rates, with everything it makes gone afterwards."""
    with demo_folder() as folder, harbor_in(folder) as started:
        yield started
        started.demo.end()
        assert started.demo.alive() == {}
