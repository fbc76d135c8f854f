"""The links of the audit's chain and its head, as rows."""

from collections.abc import Iterator, Sequence

import sqlalchemy as sa

from bot.store.tables import audit, audit_head
from playbooks.model.base import Model, digest_of

GENESIS = "0" * 64


class Link(Model):
    """One entry as it is stored. `at` and `detail` are the very texts that were sealed."""

    number: int
    at: str
    kind: str
    actor: str
    stack: str
    subject: str
    detail: str
    prev_hash: str
    hash: str

    def digest_as(self, number: int) -> str:
        """The hash this content has under `number`."""
        return digest_of({**self.model_dump(exclude={"hash"}), "number": number})

    def sealed(self) -> "Link":
        return self.model_copy(update={"hash": self.digest_as(self.number)})


class Head(Model):
    """The newest link: its number (0: none yet) and hash."""

    number: int
    hash: str


def head(connection: sa.Connection) -> Head:
    return _head(connection, sa.select(audit_head))


def locked_head(connection: sa.Connection) -> Head:
    """The head; nobody else appends until this transaction ends."""
    return _head(connection, sa.select(audit_head).with_for_update())


def append(connection: sa.Connection, link: Link) -> None:
    """The link becomes the head. The caller holds the head locked."""
    connection.execute(sa.insert(audit).values(**link.model_dump()))
    connection.execute(sa.update(audit_head).values(number=link.number, hash=link.hash))


def all_links(connection: sa.Connection) -> Iterator[Link]:
    """In order of their numbers, a few at a time."""
    query = sa.select(audit).order_by(audit.c.number)
    for row in connection.execute(query, execution_options={"yield_per": 1000}):
        yield _link(row)


def number_after(connection: sa.Connection, digest: str) -> int | None:
    """The number of the entry that is chained to this hash."""
    return connection.execute(
        sa.select(audit.c.number).where(audit.c.prev_hash == digest)
    ).scalar_one_or_none()


def hash_of(connection: sa.Connection, number: int) -> str | None:
    return connection.execute(
        sa.select(audit.c.hash).where(audit.c.number == number)
    ).scalar_one_or_none()


def last_before(connection: sa.Connection, at: str) -> Link | None:
    """The newest link from before a moment, written as links write theirs."""
    query = sa.select(audit).where(audit.c.at < at).order_by(audit.c.number.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    return _link(row) if row else None


def page(
    connection: sa.Connection, stack: str | None, limit: int, before: int | None
) -> Sequence[Link]:
    """Newest first, older than number `before`."""
    query = sa.select(audit).order_by(audit.c.number.desc()).limit(limit)
    if stack is not None:
        query = query.where(audit.c.stack == stack)
    if before is not None:
        query = query.where(audit.c.number < before)
    return [_link(row) for row in connection.execute(query)]


def _head(connection: sa.Connection, query: sa.Select[tuple[int, int, str]]) -> Head:
    row = connection.execute(query).one()
    return Head(number=row.number, hash=row.hash)


def _link(row: sa.Row[tuple[object, ...]]) -> Link:
    return Link.model_validate(dict(row._mapping))
