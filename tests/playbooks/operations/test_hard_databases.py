"""Databases that hurt, in a real container: all of them comes back, or it is said why not."""

import resource
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from playbooks.errors import InputError
from playbooks.model.plan import Plan, Risk
from tests.support.docker import Project
from tests.support.pg_container import bench_of, postgres_project, query, run

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

_STANDBY_PORT = 5433
_MIB = 1024 * 1024
_ROLES = """
CREATE ROLE "Käpt'n ""Blau"" II" LOGIN;
CREATE ROLE crew NOLOGIN;
GRANT crew TO "Käpt'n ""Blau"" II" WITH ADMIN OPTION
"""
_FILL = """
CREATE EXTENSION vector;
CREATE EXTENSION postgres_fdw;
CREATE EXTENSION btree_gist;
CREATE SCHEMA "Häfen" AUTHORIZATION "Käpt'n ""Blau"" II";
SET search_path = public;
CREATE DOMAIN knots AS numeric CHECK (VALUE >= 0);
CREATE TABLE "Häfen"."Schiffe ""groß"" 2" (
  "Nr." bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "名前" text UNIQUE, speed knots,
  doubled numeric GENERATED ALWAYS AS (speed * 2) STORED, raw bytea, doc jsonb, at timestamptz);
ALTER TABLE "Häfen"."Schiffe ""groß"" 2" OWNER TO "Käpt'n ""Blau"" II";
INSERT INTO "Häfen"."Schiffe ""groß"" 2" ("名前", speed, raw, doc, at)
  SELECT E'船\\t' || g, g, decode(md5(g::text), 'hex'), jsonb_build_object('g', g, 'ß', '🚢'),
         '2026-03-29 01:30 UTC'::timestamptz + g * interval '1 hour'
  FROM generate_series(1, 3000) g;
CREATE TABLE moves (at date NOT NULL, ship int, what text) PARTITION BY RANGE (at);
CREATE TABLE moves_2026 PARTITION OF moves FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')
  PARTITION BY LIST (what);
CREATE TABLE moves_2026_in PARTITION OF moves_2026 FOR VALUES IN ('in');
CREATE TABLE moves_2026_rest PARTITION OF moves_2026 DEFAULT;
CREATE TABLE moves_rest PARTITION OF moves DEFAULT;
CREATE INDEX ON moves (ship);
INSERT INTO moves SELECT '2025-12-01'::date + g, g % 7, CASE g % 3 WHEN 0 THEN 'in' ELSE 'out' END
  FROM generate_series(1, 600) g;
CREATE TABLE berths (no int, during tstzrange, EXCLUDE USING gist (no WITH =, during WITH &&));
INSERT INTO berths SELECT g, '[2026-01-01,2026-01-02)' FROM generate_series(1, 9) g;
CREATE TABLE papers (id int PRIMARY KEY, meaning vector(8));
INSERT INTO papers SELECT g, ARRAY(SELECT sin(g * i) FROM generate_series(1, 8) i)::vector
  FROM generate_series(1, 2000) g;
CREATE INDEX papers_near ON papers USING hnsw (meaning vector_cosine_ops);
CREATE TABLE pictures (name text, body oid);
INSERT INTO pictures SELECT 'p' || g, lo_from_bytea(0, decode(repeat(md5(g::text), 40000), 'hex'))
  FROM generate_series(1, 3) g;
SELECT lo_put(body, 1000000, '\\xdeadbeef') FROM pictures;
DO $$ BEGIN EXECUTE format('GRANT SELECT ON LARGE OBJECT %s TO crew',
  (SELECT body FROM pictures WHERE name = 'p1')); END $$;
CREATE TABLE secrets (of text, what text);
ALTER TABLE secrets ENABLE ROW LEVEL SECURITY;
ALTER TABLE secrets FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON secrets TO crew USING (of = current_user);
INSERT INTO secrets VALUES ('crew', 'x'), ('nobody', 'y');
CREATE UNLOGGED TABLE scratch AS SELECT 1 AS n;
CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'nowhere.invalid');
CREATE USER MAPPING FOR crew SERVER elsewhere OPTIONS (user 'crew', password 'far');
CREATE FOREIGN TABLE away (id int) SERVER elsewhere;
CREATE PUBLICATION everything FOR ALL TABLES
"""
_CONTENTS = (
    "SELECT count(*), md5(string_agg(t::text, ',' ORDER BY \"Nr.\")) "
    'FROM "Häfen"."Schiffe ""groß"" 2" t',
    "SELECT tableoid::regclass::text, count(*), sum(ship) FROM moves GROUP BY 1 ORDER BY 1",
    "SELECT count(*), md5(string_agg(p::text, ',' ORDER BY id)) FROM papers p",
    "SELECT name, length(lo_get(body)), md5(lo_get(body)) FROM pictures ORDER BY 1",
    "SELECT m.lomacl::text FROM pg_largeobject_metadata m JOIN pictures p ON p.body = m.oid "
    "ORDER BY p.name",
    "SELECT * FROM secrets ORDER BY 1",
    "SELECT * FROM berths ORDER BY 1",
    "SELECT count(*) FROM scratch",
    "SELECT srvname, srvoptions::text FROM pg_foreign_server",
    "SELECT ARRAY(SELECT unnest(umoptions) ORDER BY 1) FROM pg_user_mappings",
    "SELECT polname, polqual IS NULL FROM pg_policy",
    "SELECT pubname FROM pg_publication",
    "SELECT c.oid::regclass::text, relkind::text, relpersistence::text, "
    "pg_get_userbyid(relowner)::text, relrowsecurity, relforcerowsecurity FROM pg_class c "
    "WHERE relnamespace::regnamespace::text IN ('public', '\"Häfen\"') ORDER BY 1",
    "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
    "WHERE conrelid <> 0 ORDER BY 1, 2",
    "SELECT nspname, pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = 'Häfen'",
)
_DAMAGE = """
DELETE FROM "Häfen"."Schiffe ""groß"" 2" WHERE "Nr." % 2 = 0;
DROP TABLE moves_2026_in;
SELECT lo_unlink(body) FROM pictures WHERE name = 'p2';
DROP INDEX papers_near;
DROP SERVER elsewhere CASCADE;
DROP POLICY own ON secrets;
ALTER TABLE berths DROP CONSTRAINT berths_no_during_excl
"""
_ANALYZED = (
    "SELECT DISTINCT tablename FROM pg_stats "
    "WHERE schemaname IN ('public', 'Häfen') AND tablename ~ '^(moves|papers|Schiffe)'"
)
_NEAR = (
    "SELECT id FROM papers ORDER BY meaning <=> (SELECT meaning FROM papers WHERE id = 7) LIMIT 4"
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    # Nothing here is about crashes, and half a gigabyte is written several times.
    quick = ("-c", "fsync=off", "-c", "max_wal_size=4GB")
    with postgres_project(tmp_path_factory.mktemp("hard"), *quick) as made:
        run(made, "postgres", _ROLES)
        yield made


def fill(server: Project, database: str) -> None:
    run(server, "template1", f"CREATE DATABASE {database} TEMPLATE template0")
    with psycopg.connect(server.uri(database), autocommit=True) as connection:
        for statement in _FILL.split(";\n"):
            connection.execute(statement.encode())


def contents(server: Project, database: str) -> dict[str, Any]:
    return {question: query(server, database, question) for question in _CONTENTS}


def test_everything_that_hurts_comes_back(server: Project) -> None:
    """Odd owners and names, generated columns, nested partitions, exclusion constraints, HNSW,
    large objects and their grants, row security, foreign servers that nobody can reach."""
    fill(server, "hurts")
    whole, near = contents(server, "hurts"), query(server, "hurts", _NEAR)
    bench = bench_of(server, database="hurts")
    backup = bench.backup()
    run(server, "hurts", _DAMAGE)
    damaged_ships = query(server, "hurts", _CONTENTS[0])
    run_id = bench.restore(backup).run
    assert contents(server, "hurts") == whole
    assert sorted(query(server, "hurts", _NEAR)) == sorted(near)
    analyzed = {name for (name,) in query(server, "hurts", _ANALYZED)}
    assert analyzed >= {"moves", "moves_2026", "moves_2026_in", "papers", 'Schiffe "groß" 2'}
    explained = query(server, "hurts", f"EXPLAIN {_NEAR}")
    assert any("papers_near" in line for (line,) in explained)
    bench.restore(run_id, "undo")
    assert query(server, "hurts", _CONTENTS[0]) == damaged_ships


def test_a_standby_is_backed_up_but_not_restored(server: Project) -> None:
    """A server in recovery gives a backup that its primary can take; its own restore is refused."""
    run(server, "template1", "CREATE DATABASE followed TEMPLATE template0")
    run(server, "followed", "CREATE TABLE t AS SELECT g FROM generate_series(1, 50) g")
    start_standby(server)
    standby = bench_of(server, database="followed", port=_STANDBY_PORT)
    backup = standby.backup()
    facts = standby.outputs["dump.postgres"]["facts"]
    assert facts["counted"]["rows"] == {"public.t": 50}
    with pytest.raises(InputError, match="the server is a standby"):
        standby.restore_plan(backup)
    with pytest.raises(InputError, match="the server is a standby"):
        standby.restore_plan(backup, "beside")
    primary = bench_of(server, database="followed")
    primary.stack = primary.stack.model_copy(update={"backup": standby.stack.backup})
    primary.now = standby.now
    run(server, "followed", "DELETE FROM t")
    primary.runs = standby.runs
    primary.restore(backup)
    assert query(server, "followed", "SELECT count(*) FROM t") == [(50,)]


def start_standby(server: Project) -> None:
    """A second server in the same container that follows the first."""
    folder = "/var/lib/postgresql/standby"
    as_postgres = ("setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--")
    run(server, "postgres", "CREATE ROLE follower REPLICATION LOGIN")
    hba = "echo 'host replication follower 127.0.0.1/32 trust' >> $PGDATA/pg_hba.conf"
    server.in_container("postgres", "sh", "-c", hba)
    run(server, "postgres", "SELECT pg_reload_conf()")
    server.in_container("postgres", "install", "-d", "-m", "700", "-o", "postgres", folder)
    server.in_container(
        "postgres",
        *as_postgres,
        *("pg_basebackup", "-h", "127.0.0.1", "-U", "follower", "-D", folder),
        *("--write-recovery-conf", "--checkpoint=fast"),
    )
    server.in_container(
        "postgres",
        *as_postgres,
        *("pg_ctl", "start", "-D", folder, "--wait", "-l", f"{folder}.log", "-o"),
        f"-p {_STANDBY_PORT} -c listen_addresses=*",
    )


def test_a_big_table_takes_little_memory(server: Project) -> None:
    """500 MB of rows out and back in, verified, within the memory of a small one."""
    run(server, "template1", "CREATE DATABASE big TEMPLATE template0")
    run(
        server,
        "big",
        """
        CREATE TABLE big AS SELECT g AS id, repeat(md5(g::text), 32) AS said
          FROM generate_series(1, 450000) g;
        ALTER TABLE big ADD PRIMARY KEY (id)""",
    )
    assert query(server, "big", "SELECT pg_table_size('big')")[0][0] > 500_000_000
    bench = bench_of(server, database="big")
    before = _peak()
    backup = bench.backup()
    run(server, "big", "TRUNCATE big")
    plan: Plan = bench.restore_plan(backup)
    assert plan.risk is Risk.DESTROY
    room = [guard for guard in plan.guards if guard.field == "scratch_free_bytes"]
    assert room and room[0].at_least > 400 * _MIB
    bench.run(plan)
    assert query(server, "big", "SELECT count(*), max(id) FROM big") == [(450000, 450000)]
    assert _peak() - before < 100 * 1024


def _peak() -> int:
    """The most memory this process ever held, in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
