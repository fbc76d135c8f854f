"""One process a database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.engine.sole import AlreadyRunning, SoleOwner
from bot.store.database import Database
from tests.support.postgres import Server


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path / 'sole.db'}"
    if request.param == "postgresql":
        server: Server = request.getfixturevalue("postgres_server")
        url = server.url("postgres")
    database = Database(url)
    yield database
    database.close()


def test_the_second_one_is_refused_until_the_first_gives_up(database: Database) -> None:
    """The message says which database; afterwards it is free."""
    first, second = SoleOwner(database), SoleOwner(database)
    first.take()
    assert first.is_ours() and not second.is_ours()
    with pytest.raises(AlreadyRunning, match="already works on"):
        second.take(patience=0)
    first.give_up()
    second.take(patience=1)
    assert second.is_ours()
    second.give_up()
