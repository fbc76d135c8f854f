"""How fast a slash command is acknowledged, idle and while a backup runs."""

import asyncio
import time
from pathlib import Path

import httpx

from tests.bench.bots import bare_bolt, interlock
from tests.bench.table import Table, percentile

SECONDS = 20.0
AT_A_TIME = (1, 16, 64)
LATE_MS = 3000.0
_TIMES = ("p50", "p99", "bare p50", "bare p99", "p50 ratio", "p99 ratio")
_HEADER = ("at a time", "Interlock is", "acks", "late", *_TIMES)


async def _type(client: httpx.AsyncClient, until: float, acks: list[float | None]) -> None:
    body = {"user": "ana", "channel": "ops", "command": "/ops", "text": "help status"}
    while time.monotonic() < until:
        answer = (await client.post("/sim/command", json=body)).json()
        acks.append(answer["ack_ms"])


async def _measure(url: str, at_a_time: int, seconds: float) -> list[float | None]:
    acks: list[float | None] = []
    limits = httpx.Limits(max_connections=at_a_time)
    async with httpx.AsyncClient(base_url=url, timeout=30, limits=limits) as client:
        until = time.monotonic() + seconds
        async with asyncio.TaskGroup() as people:
            for _ in range(at_a_time):
                people.create_task(_type(client, until, acks))
    return acks


def measure(url: str, at_a_time: int, seconds: float = SECONDS) -> list[float | None]:
    """Acknowledgement times in ms, with so many people typing one command after the other."""
    asyncio.run(_measure(url, 1, 1.0))
    return asyncio.run(_measure(url, at_a_time, seconds))


async def _back_up_again_and_again(url: str, stop: asyncio.Event) -> None:
    body = {"user": "ana", "channel": "ops", "command": "/ops", "text": "backup harbor uploads"}
    async with httpx.AsyncClient(base_url=url, timeout=30) as client:
        while not stop.is_set():
            await client.post("/sim/command", json=body)
            await _until_idle(client, stop)


async def _until_idle(client: httpx.AsyncClient, stop: asyncio.Event) -> None:
    while not stop.is_set():
        messages = (await client.get("/sim/messages?channel=ops-harbor&user=ana")).json()
        cards = [
            each["metadata"]["event_payload"]["state"] for each in messages if each["metadata"]
        ]
        if not {"queued", "running"} & set(cards):
            return
        await asyncio.sleep(0.5)


async def _busy(url: str, at_a_time: int) -> list[float | None]:
    stop = asyncio.Event()
    backups = asyncio.create_task(_back_up_again_and_again(url, stop))
    acks = await _measure(url, at_a_time, SECONDS)
    stop.set()
    await backups
    return acks


def table(folder: Path) -> Table:
    """Bare Bolt first, then Interlock idle, then Interlock while a backup runs."""
    rows: list[list[str]] = []
    promises: dict[str, bool] = {"no late acknowledgement": True, "p99 under 300 ms": True}
    with bare_bolt(folder / "bare") as bot:
        bare = {n: _kept(measure(bot.url, n)) for n in AT_A_TIME}
    with interlock(folder / "ours", megabytes=400) as bot:
        idle = {n: measure(bot.url, n) for n in AT_A_TIME}
        busy = {n: asyncio.run(_busy(bot.url, n)) for n in AT_A_TIME}
    for n in AT_A_TIME:
        for name, acks in (("idle", idle[n]), ("during a backup", busy[n])):
            mine = _kept(acks)
            late = len(acks) - len([each for each in mine if each < LATE_MS])
            p99 = percentile(mine, 0.99)
            promises["no late acknowledgement"] &= late == 0
            promises["p99 under 300 ms"] &= p99 < 300
            rows.append(_row(n, name, mine, bare[n], late))
    ratio = percentile(_kept(idle[1]), 0.5) / percentile(bare[1], 0.5)
    promises["p50 at most 1.5 times a bare Bolt app, one at a time"] = ratio <= 1.5
    return Table(
        "Acknowledging a slash command",
        "Interlock stores the command durably before it acknowledges; the peer, a bare Bolt app "
        f"over the same Socket Mode, only acknowledges. {SECONDS:.0f} s each, times in ms.",
        _HEADER,
        rows,
        tuple(promises.items()),
    )


def _kept(acks: list[float | None]) -> list[float]:
    return [each for each in acks if each is not None]


def _row(n: int, name: str, mine: list[float], bare: list[float], late: int) -> list[str]:
    ours, theirs = ([percentile(values, p) for p in (0.5, 0.99)] for values in (mine, bare))
    ratios = [f"{a / b:.2f}" for a, b in zip(ours, theirs, strict=True)]
    times = [f"{value:.1f}" for value in (*ours, *theirs)]
    return [str(n), name, str(len(mine)), str(late), *times, *ratios]
