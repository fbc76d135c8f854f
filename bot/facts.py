"""Reads facts, all at once, within one deadline."""

import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog

from playbooks.errors import InterlockError
from playbooks.model.base import JsonObject
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.jobs import Job
from playbooks.model.stack import Stack
from playbooks.model.window import UnderMaintenance, Window
from playbooks.ports import Asked, Past, Secrets
from playbooks.registry import Reader, found

_log = structlog.get_logger(__name__)
_THREADS = 128


class _Nothing:
    """A past without anything in it."""

    def backup_in(self, _stack: str, _repository: str) -> str | None:
        return None

    def maintenance_of(self, _stack: str) -> UnderMaintenance | None:
        return None

    def windows_of(self, _stack: str) -> Sequence[Window]:
        return ()

    def going_on(self, _stack: str) -> Sequence[str]:
        return ()

    def firing(self, _stack: str) -> Sequence[str]:
        return ()

    def jobs(self, _stack: str, _since: datetime) -> Sequence[Job]:
        return ()

    def alerts(self, _stack: str) -> Sequence[str]:
        return ()


NOTHING_REMEMBERED: Past = _Nothing()


@dataclass(frozen=True)
class ReadingNow:
    """What a reader gets (`playbooks.ports.Reading`)."""

    stack: Stack
    secrets: Secrets
    now: datetime
    past: Past


@dataclass(frozen=True)
class _Question:
    """`number` is the place of the stack in what was asked."""

    number: int
    reading: ReadingNow
    query: FactQuery

    @property
    def key(self) -> tuple[int, str]:
        return self.number, self.query.key


@dataclass(frozen=True)
class _Answer:
    question: _Question
    value: JsonObject | None
    why: str = ""


@dataclass(frozen=True)
class _Round:
    """One call: what is still to be read, and what came back."""

    todo: queue.SimpleQueue[_Question]
    answers: queue.SimpleQueue[_Answer]
    over: threading.Event = field(default_factory=threading.Event)


class ThreadedFacts:
    """Runs fact readers in threads (`playbooks.ports.FactReader`).

    What is not there `seconds` after the call is missing, with that reason; the caller never
    waits longer. A reader that hangs holds one thread until it returns, and nothing else.
    Reasons go through `redact`: they end up in plans.
    """

    def __init__(
        self,
        readers: Mapping[str, Reader[Any]],
        secrets: Secrets,
        clock: Callable[[], datetime],
        seconds: float = 25.0,
        *,
        redact: Callable[[str], str] = str,
        past: Past = NOTHING_REMEMBERED,
    ) -> None:
        self._readers = readers
        self._secrets = secrets
        self._clock = clock
        self._seconds = seconds
        self._redact = redact
        self._past = past

    def read(
        self, stack: Stack, queries: Sequence[FactQuery], within: float | None = None
    ) -> Facts:
        [facts] = self.read_all([(stack, queries)], within)
        return facts

    def read_all(self, asked: Sequence[Asked], within: float | None = None) -> Sequence[Facts]:
        seconds = self._seconds if within is None else within
        wanted = [
            question
            for number, (stack, queries) in enumerate(asked)
            for question in self._questions(number, stack, queries)
        ]
        turn = _Round(queue.SimpleQueue(), queue.SimpleQueue())
        for question in wanted:
            turn.todo.put(question)
        for number in range(min(len(wanted), _THREADS)):
            threading.Thread(
                target=self._work, args=(turn,), name=f"facts-{number}", daemon=True
            ).start()
        return self._collect(turn, wanted, seconds, len(asked))

    def _questions(
        self, number: int, stack: Stack, queries: Sequence[FactQuery]
    ) -> list[_Question]:
        reading = ReadingNow(stack=stack, secrets=self._secrets, now=self._clock(), past=self._past)
        once = {query.key: query for query in queries}
        return [_Question(number, reading, query) for query in once.values()]

    def _collect(
        self, turn: _Round, wanted: Sequence[_Question], seconds: float, stacks: int
    ) -> list[Facts]:
        deadline = time.monotonic() + seconds
        values: list[dict[str, JsonObject]] = [{} for _ in range(stacks)]
        late = f"it took longer than {seconds:.3g} s"
        missing = {question.key: late for question in wanted}
        for _ in wanted:
            try:
                answer = turn.answers.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                break
            number, key = answer.question.key
            if answer.value is None:
                missing[number, key] = answer.why
            else:
                del missing[number, key]
                values[number][key] = answer.value
        turn.over.set()
        return [
            Facts(values=found, missing={k: why for (n, k), why in missing.items() if n == number})
            for number, found in enumerate(values)
        ]

    def _work(self, turn: _Round) -> None:
        while not turn.over.is_set():
            try:
                question = turn.todo.get_nowait()
            except queue.Empty:
                return
            turn.answers.put(self._answer(question))

    def _answer(self, question: _Question) -> _Answer:
        reading, query = question.reading, question.query
        try:
            reader = found(self._readers, query.fact)
            return _Answer(question, reader.call(reading, query.args))
        except InterlockError as error:
            return _Answer(question, None, self._redact(str(error).rstrip(".")))
        except Exception as error:  # noqa: BLE001  the boundary of a reader's thread
            _log.exception("fact reader broke", fact=query.fact, stack=reading.stack.name)
            why = f"its reader broke ({type(error).__name__}: {error})"
            return _Answer(question, None, self._redact(why))
