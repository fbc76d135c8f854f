"""Facts of a PostgreSQL datastore, read from a real one."""

import pytest

from playbooks.datastores.postgres_model import Counted, DatabaseFact
from playbooks.errors import FactUnavailable
from playbooks.facts.postgres import READERS
from playbooks.model.base import JsonObject
from playbooks.model.stack import Stack
from playbooks.registry import found, registry
from tests.support import harbour
from tests.support.postgres import Server
from tests.support.work import TestReading


def stack_of(server: Server, database: str) -> Stack:
    return Stack(
        name="harbor",
        environment="prod",
        channel="ops-harbor",
        datastores={"postgres": server.store(database)},
    )


def read(server: Server, database: str, fact: str, **args: object) -> JsonObject:
    reader = found(registry(READERS), fact)
    return reader.call(TestReading(stack_of(server, database)), {"datastore": "postgres", **args})


def database_fact(server: Server, database: str) -> DatabaseFact:
    return DatabaseFact.model_validate(read(server, database, "postgres.database"))


def test_a_database_is_described_whole(postgres_server: Server, database: str) -> None:
    """Settings, privileges, owner, comment and roles are read as the catalogue has them."""
    harbour.build(postgres_server, database)
    fact = database_fact(postgres_server, database)
    seen = fact.description
    assert seen is not None
    assert seen.database == database
    assert seen.comment == "ours; don't touch"
    assert seen.connection_limit == 77
    assert {(s.role, s.name, s.value) for s in seen.settings} == {
        (None, "search_path", '"$user", public, "Archiv"'),
        (None, "harbour.mode", "it's high tide"),
        (harbour.SECOND_ROLE, "work_mem", "7MB"),
    }
    assert ("harbour_crew", "CREATE", True) in {
        (g.grantee, g.privilege, g.grantable) for g in seen.privileges or ()
    }
    assert set(seen.roles) == {"postgres", harbour.SECOND_ROLE}
    assert seen.large_objects == 1
    assert seen.sequences["public.booking_numbers"] == 100 + 1999 * 5
    assert fact.user.superuser and fact.user.acts_as_owner
    assert fact.server.major == 18 and fact.server.system_identifier
    assert fact.data_free_bytes and fact.data_device
    assert "plpgsql" in seen.extensions


def test_growth_leaves_the_fingerprint_and_changes_do_not(
    postgres_server: Server, database: str
) -> None:
    """Rows and statistics do not change the fingerprint; a column, a grant, an owner do."""
    harbour.build(postgres_server, database)

    def fingerprint() -> str:
        seen = database_fact(postgres_server, database).description
        assert seen is not None
        return seen.schema_digests.fingerprint

    before = fingerprint()
    postgres_server.run(
        database, "INSERT INTO ships (name) VALUES ('new'); DELETE FROM bookings; ANALYZE"
    )
    assert fingerprint() == before
    seen = {before}
    for change in (
        "ALTER TABLE ships ADD COLUMN flag text",
        "ALTER TABLE ships ALTER COLUMN flag SET DEFAULT 'fr'",
        "GRANT UPDATE ON ships TO harbour_crew",
        "ALTER TABLE ships OWNER TO harbour_crew",
        "CREATE INDEX ON ships (flag)",
        "CREATE OR REPLACE FUNCTION twice(n int) RETURNS int LANGUAGE sql AS 'SELECT n + n'",
        "ALTER TYPE mood ADD VALUE 'foggy'",
        "ALTER SEQUENCE booking_numbers INCREMENT 7",
        "CREATE RULE nothing AS ON DELETE TO ships DO INSTEAD NOTHING",
    ):
        postgres_server.run(database, change)
        assert fingerprint() not in seen, change
        seen.add(fingerprint())


def test_rows_are_counted_exactly_and_within_the_budget(
    postgres_server: Server, database: str
) -> None:
    """Every table is counted; without time every table is named as not counted."""
    harbour.build(postgres_server, database)
    answer = read(postgres_server, database, "postgres.rows", seconds=20)
    written = answer.pop("written")
    counted = Counted.model_validate(answer)
    assert counted.rows["public.bookings"] == 2000
    assert counted.rows[f"public.{harbour.ODD_NAME}"] == 3
    assert counted.rows["public.readings_2025"] + counted.rows["public.readings_2026"] == 10
    assert "public.readings" not in counted.rows
    assert counted.not_counted == ()
    assert "public.ships" in written["tables"]
    none = read(postgres_server, database, "postgres.rows", seconds=0)
    assert none["rows"] == {}
    assert set(none["not_counted"]) == set(counted.rows)


def test_a_locked_table_is_not_counted(postgres_server: Server, database: str) -> None:
    """A table that somebody holds is named as not counted; the others are counted."""
    postgres_server.run(database, "CREATE TABLE held (); CREATE TABLE free ()")
    with postgres_server.connect(database) as holder, holder.transaction():
        holder.execute("LOCK TABLE held")
        answer = read(postgres_server, database, "postgres.rows", seconds=1)
    assert answer["not_counted"] == ["public.held"]
    assert answer["rows"] == {"public.free": 0}


def test_a_missing_database_is_a_fact(postgres_server: Server) -> None:
    """A database that is gone is described as gone: it can still be restored."""
    fact = database_fact(postgres_server, "no such database")
    assert fact.description is None


def test_what_cannot_be_reached_says_why(postgres_server: Server) -> None:
    """An unreachable server is an unavailable fact that names the address and the user."""
    stack = Stack(
        name="harbor",
        environment="prod",
        channel="c",
        datastores={"postgres": postgres_server.store("x").model_copy(update={"port": 1})},
    )
    reader = found(registry(READERS), "postgres.database")
    with pytest.raises(FactUnavailable, match=":1 as postgres"):
        reader.call(TestReading(stack), {"datastore": "postgres"})


def test_sessions_are_counted_by_application(postgres_server: Server, database: str) -> None:
    """Who is connected is told by application name."""
    with postgres_server.connect(database, application_name="ledger"):
        assert database_fact(postgres_server, database).connections == {"ledger": 1}
