"""The audit: an append-only chain of entries, each sealed with the hash of the one before."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Literal

import sqlalchemy as sa

from bot.store import audit as rows
from bot.store.audit import Head, Link
from bot.store.database import Database
from playbooks.model.base import JsonObject, Model, canonical_json

_SEARCHED_AHEAD = 10_000


class Anchor(Model):
    """The head as it was noted outside the database; it may lag behind."""

    number: int
    hash: str


class Finding(Model):
    """One thing that is wrong with the chain: which entry, what happened to it, one sentence."""

    number: int
    what: Literal["changed", "removed", "inserted", "truncated"]
    sentence: str


class AnchorFile:
    """Keeps the head in a file beside the database."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> Anchor | None:
        """None when there is no file yet. Raises ValueError when it cannot be read as one."""
        if not self.path.exists():
            return None
        return Anchor.model_validate_json(self.path.read_text())

    def note(self, database: Database) -> bool:
        """Writes the newest head, whole or not at all. False: the chain no longer holds what was
        noted before, so that is kept as evidence; `verify` says more."""
        before = self.read()
        with database.read() as connection:
            head = rows.head(connection)
            if before is not None and before.number > 0:
                if rows.hash_of(connection, before.number) != before.hash:
                    return False
                if before.number >= head.number:
                    return True
        fresh = self.path.with_name(f"{self.path.name}.new")
        fresh.write_text(canonical_json({"number": head.number, "hash": head.hash}) + "\n")
        fresh.replace(self.path)
        return True


def append(
    connection: sa.Connection,
    *,
    at: datetime,
    kind: str,
    actor: str,
    stack: str,
    subject: str,
    detail: JsonObject | None = None,
) -> None:
    """Adds an entry inside the caller's transaction; it is there if and only if that commits."""
    head = rows.locked_head(connection)
    link = Link(
        number=head.number + 1,
        at=moment(at),
        kind=kind,
        actor=actor,
        stack=stack,
        subject=subject,
        detail=canonical_json(detail or {}),
        prev_hash=head.hash,
        hash="",
    )
    rows.append(connection, link.sealed())


def moment(at: datetime) -> str:
    """A UTC time as entries write theirs."""
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")


def verify(database: Database, anchor: Anchor | None) -> Sequence[Finding]:
    """All that is wrong with the stored chain; empty when it is whole."""
    with database.read() as connection:
        chain = _Chain(
            head=rows.head(connection),
            anchor=anchor,
            continues=lambda digest: rows.number_after(connection, digest),
        )
        return list(chain.findings(rows.all_links(connection)))


def export(database: Database, out: IO[str]) -> int:
    """Writes every entry as a line of JSON; answers how many."""
    count = 0
    with database.read() as connection:
        for link in rows.all_links(connection):
            record = {**link.model_dump(), "detail": json.loads(link.detail)}
            out.write(canonical_json(record) + "\n")
            count += 1
    return count


@dataclass
class _Chain:
    """Walks the links in order of their numbers, and says where they do not hold.

    `continues` answers the number of the entry that follows a hash, if there is one.
    """

    head: Head
    anchor: Anchor | None
    continues: Callable[[str], int | None]
    position: int = 1
    expected: str = rows.GENESIS
    anchor_met: bool = False

    def findings(self, links: Iterable[Link]) -> Iterator[Finding]:
        last: Link | None = None
        for link in links:
            if self.anchor and link.hash == self.anchor.hash:
                self.anchor_met = True
            finding = self._check(link, last)
            if finding is not None:
                yield finding
                if finding.what == "inserted":
                    continue
            last = link
        yield from self._check_end(last)

    def _check(self, link: Link, last: Link | None) -> Finding | None:
        if link.prev_hash == self.expected:
            position = self.position
            self._step_past(link, position)
            if link.digest_as(position) == link.hash:
                return None
            return _changed(link.number, "its content does not match its hash")
        if self.continues(self.expected) is not None:
            return _finding(link.number, "inserted", "It is no link of the chain; it was inserted.")
        return self._broken(link, last)

    def _broken(self, link: Link, last: Link | None) -> Finding:
        """Nothing follows the last link: it was replaced, or something after it is missing."""
        whole_with_own = self._original_position(link)
        start = self.position
        self._step_past(link, whole_with_own or link.number)
        if whole_with_own is None:
            return _changed(link.number, "its content or its link backwards was changed")
        if whole_with_own > start:
            missing = (
                f"{start}" if whole_with_own == start + 1 else f"{start} to {whole_with_own - 1}"
            )
            return _finding(start, "removed", f"Missing from the chain: {missing}.")
        replaced = last.number if last else link.number
        return _changed(replaced, "the next entry was chained to another content of it")

    def _original_position(self, link: Link) -> int | None:
        """The number with which the entry was sealed, if its content is what was sealed."""
        if link.digest_as(link.number) == link.hash:
            return link.number
        ahead = range(self.position, self.position + _SEARCHED_AHEAD)
        return next((n for n in ahead if link.digest_as(n) == link.hash), None)

    def _step_past(self, link: Link, position: int) -> None:
        self.position = position + 1
        self.expected = link.hash

    def _check_end(self, last: Link | None) -> Iterator[Finding]:
        count = self.position - 1
        if count < self.head.number:
            yield _truncated(count + 1, self.head.number, "the head says")
        elif count > self.head.number:
            yield _finding(count, "inserted", "It lies beyond the head; it was inserted.")
        elif last is not None and last.hash != self.head.hash:
            yield _changed(last.number, "the head has another hash for it")
        if self.anchor and self.anchor.number and not self.anchor_met:
            if self.anchor.number > count:
                yield _truncated(count + 1, self.anchor.number, "the head noted outside says")
            else:
                yield _changed(self.anchor.number, "the head noted outside has another hash for it")


def _truncated(first: int, last: int, source: str) -> Finding:
    which = f"{first}" if first == last else f"{first} to {last}"
    return _finding(first, "truncated", f"Cut off at the end: {which} ({source} {last}).")


def _changed(number: int, why: str) -> Finding:
    return _finding(number, "changed", f"It was changed: {why}.")


def _finding(
    number: int, what: Literal["changed", "removed", "inserted", "truncated"], sentence: str
) -> Finding:
    return Finding(number=number, what=what, sentence=f"Entry {number}: {sentence}")
