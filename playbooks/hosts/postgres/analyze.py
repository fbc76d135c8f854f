"""Statistics for the planner of a database that was just loaded."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, SimpleQueue

from psycopg import sql

from playbooks.hosts.postgres.connection import connected
from playbooks.hosts.postgres.timescale import see_everything
from playbooks.model.datastores import PostgresStore
from playbooks.ports import Secrets

# Partitions come with their parents. The largest come first: then none is left to the end alone.
_TABLES = """
    SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'm', 'p') AND NOT c.relispartition
      AND n.nspname !~ '^pg_(toast|temp_)'
    ORDER BY c.relkind = 'p' DESC, pg_relation_size(c.oid) DESC
"""


def analyze(
    store: PostgresStore, secrets: Secrets, tag: str, database: str, check: Callable[[], None]
) -> None:
    """Analyzes all that ANALYZE without a name does, `store.jobs` tables at a time.

    `check` is called before each table; what it raises ends all. Raises DatastoreError.
    """
    waiting: SimpleQueue[sql.Composed] = SimpleQueue()
    with connected(store, secrets, tag, database) as inside:
        for schema, table in inside.execute(_TABLES):
            waiting.put(sql.SQL("ANALYZE {}").format(sql.Identifier(schema, table)))

    def work_off() -> None:
        with connected(store, secrets, tag, database) as inside:
            see_everything(inside)
            for statement in iter(lambda: _next(waiting), None):
                check()
                inside.execute(statement)

    with ThreadPoolExecutor(store.jobs, thread_name_prefix="analyze") as threads:
        for worker in [threads.submit(work_off) for _ in range(store.jobs)]:
            worker.result()


def _next(waiting: SimpleQueue[sql.Composed]) -> sql.Composed | None:
    try:
        return waiting.get_nowait()
    except Empty:
        return None
