"""What running steps write, on its way into the threads of their runs."""

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from notifiers.redactor import RedactedStream, Redactor

PART_CHARACTERS = 2_800
MOST_PARTS = 3
_FILE_CHARACTERS = 400_000
_LONGEST_LINE = 2_000
_TAIL_LINES = 25


@dataclass(frozen=True)
class Spoken:
    """One message of a speech: the same `part` again, with a newer version, edits it."""

    part: int
    text: str
    tail: bool = False


@dataclass
class Speech:
    """What one attempt of one step has written so far, masked before it is kept.

    The first parts are whole messages; what comes after them is one message with the newest
    lines, and all of it a file at the end. Of a very long one the middle is left out.
    """

    name: str
    stream: RedactedStream
    lines: int = 0
    ended: bool = False
    version: int = 0
    _line: str = ""
    _parts: list[str] = field(default_factory=lambda: [""])
    _over: bool = False
    _head: list[str] = field(default_factory=list)
    _head_size: int = 0
    _last: deque[str] = field(default_factory=deque)
    _last_size: int = 0
    _left_out: int = 0

    def add(self, text: str) -> None:
        self._take(self.stream.feed(text))

    def end(self) -> None:
        """Nothing more will come."""
        if self.ended:
            return
        self._take(self.stream.close())
        if self._line:
            self._keep(self._line)
            self._line = ""
        self.ended = True

    def messages(self) -> Sequence[Spoken]:
        """What the thread should show now."""
        said = [Spoken(number, part) for number, part in enumerate(self._parts) if part]
        if not self._over:
            return said
        newest = [*list(self._head)[-_TAIL_LINES:], *self._last][-_TAIL_LINES:]
        tail = "\n".join(newest)[-PART_CHARACTERS:]
        return [*said, Spoken(len(self._parts), tail, tail=True)]

    @property
    def whole(self) -> str:
        """All of it for a file, when the messages do not hold all of it; else nothing."""
        if not self._over:
            return ""
        gap = [f"… {self._left_out} lines left out …"] if self._left_out else []
        return "\n".join([*self._head, *gap, *self._last]) + "\n"

    def _take(self, text: str) -> None:
        *whole, self._line = (self._line + text).replace("\r\n", "\n").split("\n")
        for line in whole:
            self._keep(line.rpartition("\r")[2])
        if len(self._line) > _LONGEST_LINE:
            self._keep(self._line)
            self._line = ""

    def _keep(self, line: str) -> None:
        self.lines += 1
        self._note(line)
        if self._over:
            return
        shown = line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]} …"
        joined = f"{self._parts[-1]}\n{shown}" if self._parts[-1] else shown
        if len(joined) <= PART_CHARACTERS:
            self._parts[-1] = joined
        elif len(self._parts) < MOST_PARTS:
            self._parts.append(shown)
        else:
            self._over = True

    def _note(self, line: str) -> None:
        if not self._last and self._head_size + len(line) < _FILE_CHARACTERS:
            self._head.append(line)
            self._head_size += len(line) + 1
            return
        self._last.append(line)
        self._last_size += len(line) + 1
        while self._last_size > _FILE_CHARACTERS and len(self._last) > 1:
            self._last_size -= len(self._last.popleft()) + 1
            self._left_out += 1


@dataclass(frozen=True)
class Place:
    """Which attempt of which step speaks."""

    run: str
    phase: str
    step: str
    attempt: int

    @property
    def key(self) -> str:
        return f"run:{self.run}:said:{self.phase}:{self.step}:{self.attempt}"


class Speeches:
    """Shared by the threads that work and the one that brings it into the outbox."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._speeches: dict[Place, Speech] = {}
        self._news: set[Place] = set()

    def say(self, place: Place, name: str, text: str, redactor: Redactor) -> None:
        with self._lock:
            if place not in self._speeches:
                self._speeches[place] = Speech(name, redactor.stream())
            self._speeches[place].add(text)
            self._news.add(place)

    def end(self, run: str, step: str) -> None:
        """The step is over."""
        with self._lock:
            for place, speech in self._speeches.items():
                if (place.run, place.step) == (run, step) and not speech.ended:
                    speech.end()
                    self._news.add(place)

    def news(self, run: str | None = None) -> Sequence[tuple[Place, int, Sequence[Spoken], str]]:
        """What has changed since the last time (of that run): place, version, messages, and the
        file at the end, or nothing. What has ended is let go of."""
        with self._lock:
            wanted = sorted(
                (place for place in self._news if run in {None, place.run}),
                key=lambda place: place.key,
            )
            return [self._taken(place) for place in wanted]

    def _taken(self, place: Place) -> tuple[Place, int, Sequence[Spoken], str]:
        self._news.discard(place)
        speech = self._speeches[place]
        speech.version += 1
        told = (place, speech.version, speech.messages(), speech.whole if speech.ended else "")
        if speech.ended:
            del self._speeches[place]
        return told
