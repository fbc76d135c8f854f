"""Escalations and pages, as rows."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from bot.store.database import locked
from bot.store.dialect import upsert
from bot.store.tables import escalations, page_notices, pages
from playbooks.respond.escalation import Escalation
from playbooks.respond.page import Page, PageNotice, PageState

_AT_ONCE = 20
_IN_A_QUERY = 500


def escalation(connection: sa.Connection, subject: str) -> Escalation | None:
    """Held by this transaction if it writes."""
    query = sa.select(escalations.c.data).where(escalations.c.subject == subject)
    found = connection.execute(locked(query)).scalar_one_or_none()
    return None if found is None else Escalation.model_validate(found)


def escalations_of(connection: sa.Connection, subjects: Sequence[str]) -> dict[str, Escalation]:
    """Those of the subjects that there are, and all whose clock is running."""
    found = connection.execute(sa.select(escalations.c.data).where(escalations.c.running)).scalars()
    known = [Escalation.model_validate(each) for each in found]
    for at in range(0, len(subjects), _IN_A_QUERY):
        some = subjects[at : at + _IN_A_QUERY]
        query = sa.select(escalations.c.data).where(escalations.c.subject.in_(some))
        known += [Escalation.model_validate(e) for e in connection.execute(query).scalars()]
    return {each.subject: each for each in known}


def put_escalation(connection: sa.Connection, each: Escalation) -> None:
    row = {
        "subject": each.subject,
        "running": each.since is not None,
        "began_at": each.began_at,
        "data": each.model_dump(mode="json"),
    }
    newest = upsert(connection, escalations).values(row)
    connection.execute(
        newest.on_conflict_do_update(
            index_elements=[escalations.c.subject],
            set_={name: newest.excluded[name] for name in ("running", "data")},
        )
    )


def add(connection: sa.Connection, page: Page) -> bool:
    """False when a page with this key is there already: it is noted once."""
    insert = upsert(connection, pages).values(_row(page))
    return bool(connection.execute(insert.on_conflict_do_nothing()).rowcount)


def put(connection: sa.Connection, page: Page) -> None:
    connection.execute(sa.update(pages).where(pages.c.key == page.key).values(_row(page)))


def due(connection: sa.Connection, now: datetime) -> Sequence[Page]:
    """Waiting ones whose time has come, oldest first."""
    query = sa.select(pages.c.data).where(
        pages.c.state == PageState.WAITING.value, pages.c.due_at <= now
    )
    found = connection.execute(query.order_by(pages.c.due_at).limit(_AT_ONCE)).scalars()
    return [Page.model_validate(each) for each in found]


def sending(connection: sa.Connection) -> Sequence[Page]:
    """Those that are noted as being sent."""
    query = sa.select(pages.c.data).where(pages.c.state == PageState.SENDING.value)
    return [Page.model_validate(each) for each in connection.execute(query).scalars()]


def of_notice(connection: sa.Connection, notice: str) -> Sequence[Page]:
    """In the order in which they were noted."""
    query = sa.select(pages.c.data).where(pages.c.notice == notice)
    found = connection.execute(query.order_by(pages.c.noted_at, pages.c.key)).scalars()
    return [Page.model_validate(each) for each in found]


def with_key(connection: sa.Connection, opening: str) -> Sequence[Page]:
    """Those whose key begins so."""
    query = sa.select(pages.c.data).where(pages.c.key.startswith(opening, autoescape=True))
    return [Page.model_validate(each) for each in connection.execute(query).scalars()]


def notice(connection: sa.Connection, key: str) -> PageNotice | None:
    """Held by this transaction if it writes."""
    query = sa.select(page_notices.c.data).where(page_notices.c.key == key)
    found = connection.execute(locked(query)).scalar_one_or_none()
    return None if found is None else PageNotice.model_validate(found)


def put_notice(connection: sa.Connection, each: PageNotice, now: datetime) -> None:
    row = {
        "key": each.key,
        "version": each.version,
        "at": now,
        "data": each.model_dump(mode="json"),
    }
    newest = upsert(connection, page_notices).values(row)
    connection.execute(
        newest.on_conflict_do_update(
            index_elements=[page_notices.c.key],
            set_={name: newest.excluded[name] for name in ("version", "data")},
        )
    )


def _row(page: Page) -> dict[str, object]:
    return {
        "key": page.key,
        "notice": page.notice,
        "state": page.state.value,
        "due_at": page.due_at,
        "noted_at": page.noted_at,
        "data": page.model_dump(mode="json"),
    }
