"""Pagers keep an incident of their own: it is closed when somebody takes care of the matter here,
and opened again when nobody does any more."""

from datetime import datetime

import sqlalchemy as sa

from bot.store import paging as rows
from playbooks.respond.page import Page, PageState

_PAGER = "pagerduty"


def opening(subject: str) -> str:
    """What the keys of an escalation's notices and pages begin with."""
    return f"page:{subject}:"


def close_pagers(connection: sa.Connection, subject: str, now: datetime) -> None:
    """Those that were told are told that it is over."""
    for page, closed in _told(connection, subject):
        rows.add(connection, _again(page, f"over:{closed}", now, over=True))


def open_pagers(connection: sa.Connection, subject: str, now: datetime) -> None:
    """Those that were told that it is over are told that it is not."""
    for page, closed in _told(connection, subject):
        if closed:
            rows.add(connection, _again(page, f"again:{closed}", now, over=False))


def _told(connection: sa.Connection, subject: str) -> list[tuple[Page, int]]:
    """The first page of each pager, and how often it was closed since."""
    pages = [p for p in rows.with_key(connection, opening(subject)) if p.kind == _PAGER]
    first = [p for p in pages if not p.over and not _is_repeated(p)]
    return [
        (page, sum(other.over and other.key.startswith(f"{page.key}:over:") for other in pages))
        for page in first
        if page.state is not PageState.REFUSED
    ]


def _is_repeated(page: Page) -> bool:
    return ":again:" in page.key


def _again(page: Page, what: str, now: datetime, *, over: bool) -> Page:
    return page.model_copy(
        update={
            "key": f"{page.key}:{what}",
            "over": over,
            "state": PageState.WAITING,
            "attempts": 0,
            "due_at": now,
            "noted_at": now,
            "ended_at": None,
            "why": "",
        }
    )
