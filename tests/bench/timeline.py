"""A page of a timeline with 100,000 entries, over SQLite and PostgreSQL."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from bot.store.tables import timeline
from commands.respond.incident import page_of
from playbooks.respond.incident import Incident
from tests.bench.table import Table, percentile
from tests.support.kept_incidents import Kept, kept_incidents, sqlite_url
from tests.support.postgres import fresh_database, running_server

ENTRIES, PAGES, A_PAGE, AT_ONCE, MOST_MS = 100_000, 60, 25, 5_000, 200.0


def table(folder: Path) -> Table:
    """The whole answer of `incident show` is measured: read, and laid out in blocks."""
    rows, holds = [], []
    for name, kept in (("SQLite", _sqlite(folder)), ("PostgreSQL", _postgresql())):
        with kept as house:
            figures = _measured(house)
        p99 = percentile(figures, 0.99)
        rows.append([name, f"{percentile(figures, 0.5):.0f}", f"{p99:.0f}", f"{max(figures):.0f}"])
        holds.append((f"{name}: p99 below {MOST_MS:.0f} ms", p99 < MOST_MS))
    return Table(
        title=f"A page of a timeline with {ENTRIES:,} entries",
        about=(
            f"{PAGES} pages of {A_PAGE} entries, from the newest to the oldest, as "
            "`/ops incident show` makes them: read from the database and laid out in blocks. "
            "Milliseconds a page."
        ),
        header=["database", "median", "p99", "slowest"],
        rows=rows,
        holds=holds,
    )


def _measured(kept: Kept) -> list[float]:
    incident = kept.open()
    _fill(kept, incident)
    last = -(-ENTRIES // A_PAGE)
    figures = []
    for place in range(PAGES):
        number = 1 + round(place * (last - 1) / (PAGES - 1))
        began = time.monotonic()
        body = page_of(kept.incidents, incident, number, kept.clock())
        figures.append((time.monotonic() - began) * 1000)
        assert body.blocks
    return figures


def _fill(kept: Kept, incident: Incident) -> None:
    start = kept.clock()
    for first in range(0, ENTRIES, AT_ONCE):
        rows = [
            {
                "incident": incident.id,
                "key": f"k:{number}",
                "at": start + timedelta(seconds=number),
                "noted_at": start + timedelta(seconds=number),
                "lane": "run",
                "kind": "step",
                "text": f"Done: step {number} of something that takes a few words to say",
                "by": "ana",
                "link": "",
                "detail": {"request": "k3f9q2"},
            }
            for number in range(first, first + AT_ONCE)
        ]
        with kept.ledger.database.write() as connection:
            connection.execute(timeline.insert(), rows)
    _settle(kept)


def _settle(kept: Kept) -> None:
    """What a server does by itself within a minute: it notes which pages all can see."""
    if kept.ledger.database.sqlite:
        return
    engine = kept.ledger.database.engine.execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text("VACUUM (ANALYZE) timeline"))


@contextmanager
def _sqlite(folder: Path) -> Iterator[Kept]:
    kept = kept_incidents(sqlite_url(folder))
    yield kept
    kept.ledger.database.close()


@contextmanager
def _postgresql() -> Iterator[Kept]:
    with running_server() as server, fresh_database(server) as name:
        kept = kept_incidents(server.url(name))
        yield kept
        kept.ledger.database.close()
