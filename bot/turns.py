"""Whose turn it is to compute, among the threads that answer people.

Python runs one thread at a time. Several that compute at once only make the event loop wait
longer for its turn, and with it every acknowledgement.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from playbooks.model.facts import FactQuery, Facts
from playbooks.model.stack import Stack
from playbooks.ports import Asked, FactReader


class Turns:
    """One holder at a time. Who waits for the world steps aside, so that others go on."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._holder: int | None = None

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Computes inside."""
        with self._turn:
            self._holder = threading.get_ident()
            try:
                yield
            finally:
                self._holder = None

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Waits inside. Changes nothing for a thread whose turn it is not."""
        if self._holder != threading.get_ident():
            yield
            return
        self._holder = None
        self._turn.release()
        try:
            yield
        finally:
            self._turn.acquire()
            self._holder = threading.get_ident()


class FactsAside:
    """A `FactReader` whose callers step aside while facts are read."""

    def __init__(self, facts: FactReader, turns: Turns) -> None:
        self._facts = facts
        self._turns = turns

    def read(
        self, stack: Stack, queries: Sequence[FactQuery], within: float | None = None
    ) -> Facts:
        with self._turns.aside():
            return self._facts.read(stack, queries, within)

    def read_all(self, asked: Sequence[Asked], within: float | None = None) -> Sequence[Facts]:
        with self._turns.aside():
            return self._facts.read_all(asked, within)
