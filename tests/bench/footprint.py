"""How soon the bot is there, and what it costs while nothing happens."""

import time
from contextlib import AbstractContextManager
from pathlib import Path

import psutil

from tests.bench.bots import Measured, bare_bolt, interlock
from tests.bench.table import Table

IDLE_SECONDS = 30.0


def _idle(bot: psutil.Process) -> tuple[float, float]:
    """Share of one core in per cent, and resident megabytes, after settling for a moment."""
    time.sleep(3)
    before, began = sum(bot.cpu_times()[:2]), time.monotonic()
    time.sleep(IDLE_SECONDS)
    cpu = (sum(bot.cpu_times()[:2]) - before) / (time.monotonic() - began) * 100
    return cpu, bot.memory_info().rss / 1e6


def _measured(started: AbstractContextManager[Measured]) -> tuple[float, float, float]:
    with started as bot:
        return bot.ready_seconds, *_idle(psutil.Process(bot.pid))


def table(folder: Path) -> Table:
    """Interlock beside a bare Bolt app with a bare DBOS in one process."""
    with bare_bolt(folder / "bare", dbos=True) as first:
        theirs_first = first.ready_seconds
    with interlock(folder / "ours") as first:
        ours_first = first.ready_seconds
    theirs = _measured(bare_bolt(folder / "bare", dbos=True))
    ours = _measured(interlock(folder / "ours"))
    more = [a - b for a, b in zip(ours, theirs, strict=True)]
    rows = [
        [name, f"{seconds:.2f}", f"{cpu:.2f}", f"{resident:.0f}"]
        for name, (seconds, cpu, resident) in (
            ("bare Bolt with a bare DBOS", theirs),
            ("interlock run", ours),
            ("difference", tuple(more)),
        )
    ]
    rows.insert(0, ["bare Bolt with a bare DBOS, the first time", f"{theirs_first:.2f}", "", ""])
    rows.insert(2, ["interlock run, the first time", f"{ours_first:.2f}", "", ""])
    return Table(
        "Start and idle cost",
        f"From the start of the process to the first `hello`, then {IDLE_SECONDS:.0f} s idle. The "
        "first time both make their tables.",
        ("process", "ready s", "idle CPU %", "resident MB"),
        rows,
        (
            ("ready in under 3 s, the first time too", max(ours[0], ours_first) < 3),
            ("under 60 MB more", more[2] < 60),
            ("under 1 % of a core more", more[1] < 1),
        ),
    )
