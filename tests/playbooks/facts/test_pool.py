"""How many connections a real PostgreSQL has left."""

import psycopg
import pytest
from psycopg import sql

from playbooks.catalogue import READERS
from playbooks.errors import FactUnavailable
from playbooks.model.pool import Pool
from playbooks.model.stack import Stack
from tests.support.postgres import Server
from tests.support.work import TestReading


def pool_of(server: Server, database: str, **more: str) -> Pool:
    store = server.store(database, **more).model_dump(mode="json", exclude={"archive"})
    stack = Stack.model_validate(
        {
            "name": "harbor",
            "environment": "prod",
            "channel": "ops",
            "datastores": {"postgres": store},
        }
    )
    fact = READERS["db.pool"].call(TestReading(stack), {"datastore": "postgres"})
    return Pool.model_validate(fact)


def test_taken_connections_are_counted(postgres_server: Server, database: str) -> None:
    """One more session is one more of those that are taken; the look itself is none."""
    before = pool_of(postgres_server, database)
    with postgres_server.connect(database):
        after = pool_of(postgres_server, database)
    assert after.taken > before.taken and 0 < after.percent < 100


def test_a_server_that_lets_nobody_in_has_none_left(postgres_server: Server, database: str) -> None:
    """Refused for want of connections is not unknown: it is what the alert is for."""
    postgres_server.run(database, "CREATE ROLE narrow LOGIN CONNECTION LIMIT 0")
    try:
        pool = pool_of(postgres_server, database, user="narrow")
        assert pool.room == 0 and pool.percent == 100
    finally:
        postgres_server.run(database, "DROP ROLE narrow")


def test_a_server_that_is_away_is_not_full(postgres_server: Server, database: str) -> None:
    """Nobody takes another refusal for a full server."""
    with pytest.raises(FactUnavailable, match="nobody-there"):
        pool_of(postgres_server, database, user="nobody-there")
    with postgres_server.connect(database) as connection, pytest.raises(psycopg.Error):
        connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier("nobody-there")))
