"""Statistics for the planner of a database that was just loaded."""

from collections.abc import Callable

from psycopg import sql

from playbooks.hosts.postgres.connection import Connection, connected
from playbooks.hosts.postgres.several import hands, with_each
from playbooks.model.datastores import PostgresStore
from playbooks.ports import Secrets

# Partitions come with their parents. The largest come first: then none is left to the end alone.
# A plain table is left out when the dump brought the statistics of all its columns along, and they
# are of a table of about this size; what a dump may leave out (statistics objects, expressions of
# indexes, the whole of an inheritance) is always looked at anew.
_TABLES = """
    SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'm', 'p') AND NOT c.relispartition
      AND n.nspname !~ '^pg_(toast|temp_)'
      AND (c.relkind <> 'r' OR c.relhassubclass
           OR pg_relation_size(c.oid) > 2 * c.relpages::bigint * current_setting('block_size')::int
           OR EXISTS (SELECT FROM pg_statistic_ext e WHERE e.stxrelid = c.oid)
           OR EXISTS (SELECT FROM pg_index x
                      WHERE x.indrelid = c.oid AND x.indexprs IS NOT NULL)
           OR EXISTS (SELECT attname FROM pg_attribute
                      WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped
                      EXCEPT SELECT attname FROM pg_stats
                      WHERE schemaname = n.nspname AND tablename = c.relname))
    ORDER BY c.relkind = 'p' DESC, pg_relation_size(c.oid) DESC
"""


def analyze(
    store: PostgresStore, secrets: Secrets, tag: str, database: str, check: Callable[[], None]
) -> None:
    """Analyzes all that has no statistics yet, `store.jobs` tables at a time.

    `check` is called before each table; what it raises ends all. Raises DatastoreError.
    """
    with connected(store, secrets, tag, database) as inside:
        found, at_once = inside.execute(_TABLES).fetchall(), hands(inside, store)

    def one(inside: Connection, table: tuple[str, ...]) -> None:
        check()
        inside.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(*table)))

    with_each(store, secrets, tag, database, found, at_once=at_once, do=one)
