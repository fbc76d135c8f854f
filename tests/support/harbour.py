"""A database with everything that has ever gone wrong in a restore, small."""

import hashlib
from typing import Any

from tests.support.postgres import Server

SECOND_ROLE = "harbour_crew"
ODD_NAME = '"Straße mit \'Quote\' und ""Doppel"""'

_ROLE = f"""
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{SECOND_ROLE}') THEN
    CREATE ROLE {SECOND_ROLE} NOLOGIN;
  END IF;
END $$;
"""

_SCRIPT = f"""
CREATE TABLE ships (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE);
CREATE SEQUENCE booking_numbers START 100 INCREMENT 5;
CREATE TABLE bookings (
  id bigint PRIMARY KEY DEFAULT nextval('booking_numbers'),
  ship_id int NOT NULL REFERENCES ships ON DELETE CASCADE,
  metres numeric(8, 2) NOT NULL CHECK (metres > 0),
  feet numeric GENERATED ALWAYS AS (metres * 3.28084) STORED,
  status varchar(10) CHECK (status IN ('open', 'closed'))
);
CREATE INDEX ON bookings (ship_id);
CREATE TABLE {ODD_NAME} ("Schlüssel 🔑" text, "order" int);
CREATE TABLE log_without_key (said text);
CREATE TABLE readings (at date NOT NULL, value int) PARTITION BY RANGE (at);
CREATE TABLE readings_2025 PARTITION OF readings FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE readings_2026 PARTITION OF readings FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TYPE mood AS ENUM ('calm', 'rough');
CREATE TABLE crew (name text, mood mood);
ALTER TABLE crew OWNER TO {SECOND_ROLE};
GRANT SELECT ON ships TO {SECOND_ROLE};
CREATE VIEW open_bookings AS SELECT s.name, b.feet FROM bookings b JOIN ships s ON s.id = b.ship_id
  WHERE b.status = 'open';
CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT n * 2';
CREATE SCHEMA "Archiv";
CREATE TABLE "Archiv".empty ();
INSERT INTO ships (name) SELECT 'ship ' || g FROM generate_series(1, 50) g;
INSERT INTO bookings (ship_id, metres, status)
  SELECT 1 + g % 50, 10 + g, CASE g % 2 WHEN 0 THEN 'open' ELSE 'closed' END
  FROM generate_series(1, 2000) g;
INSERT INTO {ODD_NAME} VALUES (E'a\\tb\\nc\\\\', 1), (NULL, 2), ('', 3);
INSERT INTO log_without_key SELECT 'same line' FROM generate_series(1, 7);
INSERT INTO readings SELECT '2025-06-01'::date + g * 40, g FROM generate_series(0, 9) g;
INSERT INTO crew VALUES ('ada', 'calm'), ('bob', 'rough');
CREATE MATERIALIZED VIEW ship_count AS SELECT count(*) AS ships FROM ships;
SELECT lo_from_bytea(0, '\\xdeadbeef');
"""

_ROWS = """
SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY 1
"""


def build(server: Server, database: str) -> None:
    """Fills an empty database, and sets what only `pg_dump -C` would carry."""
    server.run("template1", _ROLE)
    server.run(database, _SCRIPT)
    named = database.replace('"', '""')
    server.run(
        "template1",
        f"""
        ALTER DATABASE "{named}" SET search_path = "$user", public, "Archiv";
        ALTER DATABASE "{named}" SET harbour.mode = 'it''s high tide';
        ALTER ROLE {SECOND_ROLE} IN DATABASE "{named}" SET work_mem = '7MB';
        REVOKE TEMPORARY ON DATABASE "{named}" FROM PUBLIC;
        GRANT CREATE ON DATABASE "{named}" TO {SECOND_ROLE} WITH GRANT OPTION;
        COMMENT ON DATABASE "{named}" IS 'ours; don''t touch';
        ALTER DATABASE "{named}" CONNECTION LIMIT 77;
        """,
    )


def damage(server: Server, database: str) -> None:
    """What a bad afternoon does."""
    server.run(
        database,
        """
        DELETE FROM bookings;
        DROP TABLE log_without_key;
        UPDATE ships SET name = name || ' (sunk)' WHERE id < 5;
        CREATE TABLE made_afterwards (id int);
        SELECT nextval('booking_numbers') FROM generate_series(1, 50);
        SELECT lo_create(0);
        """,
    )


def plain_contents(server: Server, database: str) -> dict[str, Any]:
    """The rows of any database's tables, as values that compare."""
    with server.connect(database) as connection:
        tables = [name for (name,) in connection.execute(_ROWS)]
        return {
            table: connection.execute(
                f"SELECT count(*), md5(string_agg(t::text, ',' ORDER BY t::text)) FROM {table} t"
            ).fetchall()
            for table in tables
        }


def contents(server: Server, database: str) -> dict[str, Any]:
    """Everything that must be the same after a restore, as values that compare."""
    with server.connect(database) as connection:
        tables = [name for (name,) in connection.execute(_ROWS)]
        found: dict[str, Any] = {}
        for table in tables:
            rows = connection.execute(f"SELECT t::text FROM {table} t ORDER BY 1").fetchall()
            found[table] = hashlib.sha256(repr(rows).encode()).hexdigest(), len(rows)
        for what, question in _BESIDES.items():
            found[what] = connection.execute(question).fetchall()
    return found


_HERE = "(SELECT oid FROM pg_database WHERE datname = current_database())"
_BESIDES = {
    "sequences": "SELECT schemaname, sequencename, last_value FROM pg_sequences ORDER BY 1, 2",
    "large objects": "SELECT lo_get(oid) FROM pg_largeobject_metadata ORDER BY 1",
    "owners": "SELECT relname, pg_get_userbyid(relowner) FROM pg_class WHERE oid > 16383 "
    "AND relkind IN ('r', 'v', 'm', 'p') ORDER BY 1",
    "grants": "SELECT relname, relacl::text FROM pg_class WHERE relacl IS NOT NULL "
    "AND oid > 16383 ORDER BY 1",
    "settings": "SELECT setrole::regrole::text, setconfig FROM pg_db_role_setting "
    f"WHERE setdatabase = {_HERE} ORDER BY 1",
    "database": "SELECT datacl::text, datconnlimit, pg_get_userbyid(datdba), datcollate, "
    f"shobj_description(oid, 'pg_database') FROM pg_database WHERE oid = {_HERE}",
    "view": "SELECT count(*), sum(feet) FROM open_bookings",
}
