"""Work on the many tables of one database, several at a time."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, SimpleQueue
from typing import TypeVar

from playbooks.hosts.postgres.connection import Connection, connected
from playbooks.hosts.postgres.timescale import see_everything
from playbooks.model.datastores import PostgresStore
from playbooks.ports import Secrets

Item = TypeVar("Item")


# One that waits for the work to be done, and one that is just leaving.
_OTHERS = 2
_LIMIT = "SELECT datconnlimit FROM pg_database WHERE datname = current_database()"


def hands(inside: Connection, store: PostgresStore) -> int:
    """How many sessions may work at once in the database that `inside` is in, beside `_OTHERS`."""
    row = inside.execute(_LIMIT).fetchone()
    limit = int(row[0]) if row else -1
    return store.jobs if limit < 0 else max(1, min(store.jobs, limit - _OTHERS))


def with_each(
    store: PostgresStore,
    secrets: Secrets,
    tag: str,
    database: str,
    items: Iterable[Item],
    *,
    at_once: int,
    do: Callable[[Connection, Item], None],
) -> None:
    """Does `do` with every item, in their order, over `at_once` sessions of `database`.

    What `do` raises ends its session's work and is raised once the others have ended, too.
    Raises DatastoreError.
    """
    waiting: SimpleQueue[Item] = SimpleQueue()
    for item in items:
        waiting.put(item)
    workers = min(at_once, waiting.qsize())

    def work_off() -> None:
        with connected(store, secrets, tag, database) as inside:
            see_everything(inside)
            while True:
                try:
                    item = waiting.get_nowait()
                except Empty:
                    return
                do(inside, item)

    if workers:
        with ThreadPoolExecutor(workers, thread_name_prefix="tables") as threads:
            for worker in [threads.submit(work_off) for _ in range(workers)]:
                worker.result()
