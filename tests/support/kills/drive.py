"""People who ask, approve and answer, while the bot is killed under their hands."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa

from bot.engine.story import Story
from bot.store import journal, requests, runs, tables
from bot.store.journal import Entry
from playbooks.model.request import Request, RequestState, Run, RunState
from tests.support.kills.bots import KILLED
from tests.support.kills.world import World
from tests.support.talk import HARBOR, card_in, press

_POLL = 0.02
_SECONDS = 60.0
_MOST_QUESTIONS = 6


@dataclass(frozen=True)
class Asked:
    """One request, and how it comes along, as the bot remembers it."""

    world: World
    request: Request

    @property
    def id(self) -> str:
        return self.request.id

    @property
    def state(self) -> str:
        """The run's state once there is a run, else the request's."""
        with self.world.memory.read() as connection:
            row, request = runs.row(connection, self.id), requests.get(connection, self.id)
        assert request is not None
        voided = request.state is RequestState.VOID
        return str(row["state"]) if row and not voided else request.state.value

    @property
    def run(self) -> Run | None:
        with self.world.memory.read() as connection:
            row = runs.row(connection, self.id)
        return Run.model_validate(row) if row else None

    @property
    def entries(self) -> Sequence[Entry]:
        with self.world.memory.read() as connection:
            return journal.of_run(connection, self.id)

    @property
    def exchanged(self) -> bool:
        """Whether the run is past the point from where nothing is taken back."""
        return Story.of(self.entries).past_return(self.request.plan)

    @property
    def approvals(self) -> int:
        with self.world.memory.read() as connection:
            return len(requests.votes_on(connection, self.id))

    def notices(self) -> set[str]:
        """What was said besides the card, by key."""
        wanted = tables.outbox.c.key.like(f"run:{self.id}:%")
        with self.world.memory.read() as connection:
            return set(connection.execute(sa.select(tables.outbox.c.key).where(wanted)).scalars())

    def begun(self, step: str, phase: str = "do") -> bool:
        """Whether the step's intent is in the journal."""
        return any((e.phase, e.step) == (phase, step) for e in self.entries)

    def ended(self) -> bool:
        known = {state.value for state in RunState if state.ended}
        return self.state in known | {"void", "denied", "expired"}

    def cancel_unseen(self) -> None:
        """The state of things when the bot dies right after a cancellation was committed."""
        with self.world.memory.write() as connection:
            runs.change(connection, self.id, cancel_requested_by="ana")

    def press(self, state: str, action: str, who: str) -> None:
        """Presses a button of the card that shows `state`, without waiting for what follows."""
        card = card_in(self.world.sim, state, self.id)
        self.world.hands.submit(press, self.world.sim, card, action, who)

    def approve(self) -> None:
        """Everybody who is needed presses Approve, one after the other."""
        for who in ("ben", "cleo")[: self.request.needed]:
            count = self.approvals
            self.press("pending", "approve", who)
            until(
                lambda seen=count: self.approvals > seen or not self.world.bot.alive,  # type: ignore[misc]
                f"the vote of {who}",
            )

    def rest(self) -> str:
        """Waits until the bot is killed, or the run asks or has ended; which of them."""

        def look() -> str:
            if not self.world.bot.alive:
                code = self.world.bot.exit_code()
                assert code == KILLED, (
                    f"ended with {code}: {self.world.bot.log.read_text()[-3000:]}"
                )
                return "killed"
            return "uncertain" if self.state == "uncertain" else "ended" if self.ended() else ""

        return str(until(look, f"the end of {self.request.plan.summary}, {self.id}"))

    def go_on(self, answer: str = "retry") -> str:
        """As `rest`, answering every question."""
        for _ in range(_MOST_QUESTIONS):
            if (now := self.rest()) != "uncertain":
                return now
            self.press("uncertain", answer, "ana")
            until(lambda: self.state != "uncertain" or not self.world.bot.alive, "the answer")
        raise AssertionError(f"{self.id} asks again and again: {self.entries[-6:]}")


@dataclass(frozen=True)
class Person:
    """Somebody in ops-harbor, who waits for no answer: a killed bot never gives one."""

    world: World
    name: str = "ana"

    def types(self, text: str) -> "Future[dict[str, Any]]":
        return self.world.hands.submit(self.world.sim.command, text, self.name, HARBOR)

    def asks(self, text: str) -> Asked:
        """Types `/ops TEXT` and waits until the bot remembers the request."""
        known = _newest(self.world)
        typed = self.types(text)
        found = until(lambda: (new := _newest(self.world)) != known and new, f"/ops {text}", typed)
        return _asked(self.world, found)

    def asked_last(self, unlike: set[str]) -> Asked | None:
        """The newest request, unless it is one of those."""
        newest = _newest(self.world)
        return _asked(self.world, newest) if newest is not None and newest not in unlike else None


def _asked(world: World, request: str) -> Asked:
    with world.memory.read() as connection:
        found = requests.get(connection, request)
    assert found is not None
    return Asked(world, found)


def endure(
    asked: Asked,
    points: Sequence[str],
    begin: Callable[[], object] = lambda: None,
    meanwhile: Callable[[], object] = lambda: None,
) -> None:
    """Kills the bot at each point, one life after the other, then lets it live until the run has
    ended. `begin` is called in the first life, `meanwhile` whenever the bot is dead."""
    bot = asked.world.bot
    bot.kill()
    for number, point in enumerate(points):
        bot.start(point)
        if number == 0:
            begin()
        how = asked.go_on()
        assert how == "killed", f"{point} was never passed: the run {asked.id} is {asked.state}"
        meanwhile()
    bot.start()
    assert asked.go_on() == "ended"


def until(look: Callable[[], Any], what: str, doing: Any = None) -> Any:
    """The first true answer of `look`; fails with `what`, and with what `doing` has come to."""
    end = time.monotonic() + _SECONDS
    while not (found := look()):
        if doing is not None and doing.done() and (trouble := doing.exception()):
            assert isinstance(trouble, httpx.HTTPError), trouble
        if time.monotonic() > end:
            said = doing.result() if doing is not None and doing.done() else ""
            raise AssertionError(f"not within {_SECONDS:.0f} s: {what} {said}")
        time.sleep(_POLL)
    return found


@contextmanager
def stopped(world: World, program: str) -> Iterator[Callable[[], bool]]:
    """The next process of the bot that runs this program stands still until the block ends; what
    is given says whether it does."""
    caught: list[int] = []

    def catch() -> bool:
        process = world.bot.process
        for pid in processes(process.pid, program) if process and process.pid else ():
            if pid not in caught:
                os.kill(pid, signal.SIGSTOP)
                caught.append(pid)
        return bool(caught)

    over = threading.Event()

    def watch() -> None:
        while not catch() and not over.wait(0.002):
            pass

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield lambda: bool(caught)
    finally:
        over.set()
        watcher.join()
        for pid in caught:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def processes(parent: int, program: str) -> list[int]:
    """Pids of the children of a process that run this program."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            head, _, tail = (entry / "stat").read_text().rpartition(")")
        except OSError:
            continue
        if head.partition("(")[2] == program and int(tail.split()[1]) == parent:
            found.append(int(entry.name))
    return found


def _newest(world: World) -> str | None:
    query = sa.select(tables.requests.c.id).order_by(tables.requests.c.asked_at.desc()).limit(1)
    with world.memory.read() as connection:
        found: str | None = connection.execute(query).scalar_one_or_none()
    return found
