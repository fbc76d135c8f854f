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


def with_each(
    store: PostgresStore,
    secrets: Secrets,
    tag: str,
    database: str,
    items: Iterable[Item],
    *,
    do: Callable[[Connection, Item], None],
) -> None:
    """Does `do` with every item, in their order, over `store.jobs` sessions of `database` at once.

    What `do` raises ends its session's work and is raised once the others have ended, too.
    Raises DatastoreError.
    """
    waiting: SimpleQueue[Item] = SimpleQueue()
    for item in items:
        waiting.put(item)
    hands = min(store.jobs, waiting.qsize())

    def work_off() -> None:
        with connected(store, secrets, tag, database) as inside:
            see_everything(inside)
            while True:
                try:
                    item = waiting.get_nowait()
                except Empty:
                    return
                do(inside, item)

    if hands:
        with ThreadPoolExecutor(hands, thread_name_prefix="tables") as threads:
            for worker in [threads.submit(work_off) for _ in range(hands)]:
                worker.result()
