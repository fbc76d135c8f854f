"""The audit's chain: whole when nobody touched it, and exact about what was done to it."""

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot import audit
from bot.audit import AnchorFile
from bot.store import audit as rows
from bot.store.audit import Link
from bot.store.database import Database
from bot.store.migrate import migrate
from bot.store.tables import audit as table
from bot.store.tables import audit_head
from tests.support import yard

COUNT = 9


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'audit.db'}")
    migrate(database)
    for number in range(1, COUNT + 1):
        with database.write() as connection:
            audit.append(
                connection,
                at=yard.now(),
                kind="vote.approve",
                actor="ben",
                stack="harbor",
                subject=f"r{number}",
                detail={"n": number, "ü": "ñ"},
            )
    yield database
    database.close()


@pytest.fixture
def anchor(database: Database, tmp_path: Path) -> AnchorFile:
    anchor = AnchorFile(tmp_path / "head.json")
    anchor.note(database)
    return anchor


def links(connection: sa.Connection) -> list[Link]:
    return list(rows.all_links(connection))


def replace_all(connection: sa.Connection, chain: list[Link]) -> None:
    connection.execute(sa.delete(table))
    for link in chain:
        connection.execute(sa.insert(table).values(**link.model_dump()))


def resealed(chain: list[Link], start: int) -> list[Link]:
    """The chain with every hash from position `start` on made anew, as a forger would."""
    out = chain[:start]
    for link in chain[start:]:
        prev = out[-1].hash if out else rows.GENESIS
        out.append(link.model_copy(update={"prev_hash": prev, "number": len(out) + 1}).sealed())
    return out


def set_head(connection: sa.Connection, link: Link) -> None:
    connection.execute(sa.update(audit_head).values(number=link.number, hash=link.hash))


def content(connection: sa.Connection) -> None:
    connection.execute(sa.update(table).where(table.c.number == 4).values(actor="eve"))


def content_and_hash(connection: sa.Connection) -> None:
    link = links(connection)[3].model_copy(update={"actor": "eve"}).sealed()
    connection.execute(sa.update(table).where(table.c.number == 4).values(**link.model_dump()))


def link_backwards(connection: sa.Connection) -> None:
    connection.execute(sa.update(table).where(table.c.number == 4).values(prev_hash="f" * 64))


def remove(connection: sa.Connection) -> None:
    connection.execute(sa.delete(table).where(table.c.number == 4))


def remove_first(connection: sa.Connection) -> None:
    connection.execute(sa.delete(table).where(table.c.number == 1))


def remove_and_renumber(connection: sa.Connection) -> None:
    chain = links(connection)
    kept = [*chain[:3], *(x.model_copy(update={"number": x.number - 1}) for x in chain[4:])]
    replace_all(connection, kept)
    connection.execute(sa.update(audit_head).values(number=COUNT - 1))


def insert_and_renumber(connection: sa.Connection) -> None:
    chain = links(connection)
    forged = chain[3].model_copy(update={"number": 5, "actor": "eve", "prev_hash": "a" * 64})
    later = [x.model_copy(update={"number": x.number + 1}) for x in chain[4:]]
    replace_all(connection, [*chain[:4], forged.sealed(), *later])
    connection.execute(sa.update(audit_head).values(number=COUNT + 1))


def append_unnoticed(connection: sa.Connection) -> None:
    last = links(connection)[-1]
    forged = last.model_copy(update={"number": COUNT + 1, "prev_hash": last.hash}).sealed()
    connection.execute(sa.insert(table).values(**forged.model_dump()))


def truncate(connection: sa.Connection) -> None:
    connection.execute(sa.delete(table).where(table.c.number > 7))


def truncate_with_head(connection: sa.Connection) -> None:
    truncate(connection)
    set_head(connection, links(connection)[-1])


def rewrite_all_after(connection: sa.Connection) -> None:
    chain = links(connection)
    chain[3] = chain[3].model_copy(update={"actor": "eve"})
    forged = resealed(chain, 3)
    replace_all(connection, forged)
    set_head(connection, forged[-1])


TAMPERINGS: dict[Callable[[sa.Connection], None], tuple[int, str]] = {
    content: (4, "changed"),
    content_and_hash: (4, "changed"),
    link_backwards: (4, "changed"),
    remove: (4, "removed"),
    remove_first: (1, "removed"),
    remove_and_renumber: (4, "removed"),
    insert_and_renumber: (5, "inserted"),
    append_unnoticed: (COUNT + 1, "inserted"),
    truncate: (8, "truncated"),
    truncate_with_head: (8, "truncated"),
    rewrite_all_after: (COUNT, "changed"),
}


def test_an_untouched_chain_is_whole(database: Database, anchor: AnchorFile) -> None:
    """Nothing is found, also when the anchor lags behind."""
    assert list(audit.verify(database, anchor.read())) == []
    with database.write() as connection:
        audit.append(connection, at=yard.now(), kind="x", actor="ana", stack="harbor", subject="r")
    assert list(audit.verify(database, anchor.read())) == []


def test_an_empty_chain_is_whole(tmp_path: Path) -> None:
    """Before the first entry there is nothing to find, and the anchor says 0."""
    database = Database(f"sqlite:///{tmp_path / 'empty.db'}")
    migrate(database)
    anchor = AnchorFile(tmp_path / "head.json")
    assert anchor.read() is None
    anchor.note(database)
    assert list(audit.verify(database, anchor.read())) == []
    database.close()


@pytest.mark.covers("G5", "RNSAC", only="the chain of hashes and its check offline")
@pytest.mark.parametrize("tampering", TAMPERINGS, ids=lambda t: t.__name__)
def test_tampering_is_found_and_named(
    database: Database, anchor: AnchorFile, tampering: Callable[[sa.Connection], None]
) -> None:
    """The first finding says which entry, and what happened to it."""
    with database.write() as connection:
        tampering(connection)
    findings = audit.verify(database, anchor.read())
    number, what = TAMPERINGS[tampering]
    assert [(f.number, f.what) for f in findings[:1]] == [(number, what)], findings
    assert len(findings) <= 2


def test_the_database_refuses_a_second_successor(database: Database) -> None:
    """Two entries cannot follow the same one."""
    with pytest.raises(sa.exc.IntegrityError), database.write() as connection:
        twin = links(connection)[3].model_copy(update={"number": COUNT + 1, "hash": "b" * 64})
        connection.execute(sa.insert(table).values(**twin.model_dump()))


def test_an_entry_is_there_only_with_its_transaction(database: Database) -> None:
    """Rolled back means never written, and the chain goes on."""
    with pytest.raises(RuntimeError), database.write() as connection:
        audit.append(connection, at=yard.now(), kind="x", actor="a", stack="s", subject="r")
        raise RuntimeError
    assert list(audit.verify(database, None)) == []


@pytest.mark.covers("G5", "RNSAC", only="the export")
def test_export_writes_every_entry(database: Database) -> None:
    """One line of JSON an entry, with which the hashes can be checked elsewhere."""
    out = io.StringIO()
    assert audit.export(database, out) == COUNT
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [line["number"] for line in lines] == list(range(1, COUNT + 1))
    assert lines[3]["detail"] == {"n": 4, "ü": "ñ"}
    assert lines[4]["prev_hash"] == lines[3]["hash"]


def test_the_anchor_is_not_moved_over_a_broken_chain(
    database: Database, anchor: AnchorFile
) -> None:
    """What was noted outside before the tampering stays, as evidence."""
    with database.write() as connection:
        truncate_with_head(connection)
    assert not anchor.note(database)
    noted = anchor.read()
    assert noted is not None and noted.number == COUNT
