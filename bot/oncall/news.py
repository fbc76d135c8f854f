"""What others want targets to be told of."""

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from playbooks.model.thresholds import Severity
from playbooks.respond.paging import Event


@dataclass(frozen=True)
class News:
    """Something that happened to a stack. `key` makes it one, however often it is told of. What
    becomes of it is said in `channel`, in the thread of the message with the outbox key
    `thread_of` where there is one. `title` and `text` are plain."""

    event: Event
    key: str
    stack: str
    severity: Severity
    title: str
    text: str
    channel: str
    thread_of: str | None = None


Notify = Callable[[sa.Connection, News], None]


def notify_nobody(connection: sa.Connection, news: News) -> None:
    """Where no targets are known."""
