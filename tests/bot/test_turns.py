"""One thread computes at a time; who waits lets others on."""

import threading
from concurrent.futures import ThreadPoolExecutor

from bot.turns import Turns

SECONDS = 10


def test_nobody_computes_beside_another() -> None:
    """Eight threads never meet inside a turn."""
    turns, inside, most = Turns(), [], []

    def compute() -> None:
        for _ in range(200):
            with turns.taken():
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    with ThreadPoolExecutor(8) as threads:
        for future in [threads.submit(compute) for _ in range(8)]:
            future.result(SECONDS)
    assert max(most) == 1


def test_who_steps_aside_lets_another_finish() -> None:
    """A thread that waits for the world holds up nobody, and has its turn again afterwards."""
    turns, waiting, finished = Turns(), threading.Event(), threading.Event()

    def waits() -> bool:
        with turns.taken(), turns.aside():
            waiting.set()
            return finished.wait(SECONDS)

    def passes() -> None:
        waiting.wait(SECONDS)
        with turns.taken():
            finished.set()

    with ThreadPoolExecutor(2) as threads:
        first, second = threads.submit(waits), threads.submit(passes)
        second.result(SECONDS)
        assert first.result(SECONDS)
    with turns.taken():
        pass


def test_a_stranger_steps_aside_without_effect() -> None:
    """Somebody else's turn is not given away."""
    turns, taken, over, entered = Turns(), *(threading.Event() for _ in range(3))

    def holds() -> None:
        with turns.taken():
            taken.set()
            over.wait(SECONDS)

    def enters() -> None:
        with turns.taken():
            entered.set()

    with ThreadPoolExecutor(2) as threads:
        holder = threads.submit(holds)
        taken.wait(SECONDS)
        with turns.aside():
            late = threads.submit(enters)
            assert not entered.wait(0.05)
        over.set()
        holder.result(SECONDS)
        late.result(SECONDS)
    assert entered.is_set()
