"""Alerts taken in, in batches of ten as Alertmanager groups them."""

import asyncio
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import httpx

from tests.bench.alertmanager import beside
from tests.bench.processes import process, ready, until, workspace
from tests.bench.table import Table, percentile
from tests.support.bot import write_stack
from tests.support.ports import free_port
from tests.support.postgres import fresh_database, running_server

BATCH, GROUPS = 10, 300
PACED_PER_SECOND, SECONDS, AT_ONCE = 1_000, 20.0, 8
_TOKEN = "Sesame-bench"
_SLACK = {
    "SLACK_BOT_TOKEN": "xoxb-interlock-local",
    "SLACK_APP_TOKEN": "xapp-interlock-local",
    "SLACK_SIGNING_SECRET": "interlock-local-signing-secret",
}
_P99 = 0.250
_Batch = Callable[[int], bytes]


@dataclass(frozen=True)
class Taken:
    """Alerts a second that were answered, and how long a batch took. `messages` is how many came to
    Slack for them by then."""

    rate: float
    p50: float
    p99: float
    refused: int
    messages: int | None = None


def table(folder: Path) -> Table:
    """Measures for about three minutes."""
    results: dict[str, Taken] = {}
    with _bare(folder / "bare.db") as address:
        results["a row for each alert, bare, SQLite"] = _fast(address)
    results["Alertmanager with its Slack receiver, in memory"] = _alertmanager(folder)
    for name, taken in _interlock(folder, "sqlite:///interlock.db").items():
        results[f"Interlock, SQLite, {name}"] = taken
    with running_server() as server, fresh_database(server, "bench") as database:
        url = f"postgresql://postgres@/{database}?host={server.host}&port={server.port}"
        for name, taken in _interlock(folder / "pg", url).items():
            results[f"Interlock, PostgreSQL, {name}"] = taken
    return _table(results)


def _interlock(folder: Path, database: str) -> dict[str, Taken]:
    folder.mkdir(exist_ok=True)
    write_stack(folder)
    settings = folder / "interlock.yaml"
    described = json.loads(settings.read_text()) | {"database": database}
    source = {"kind": "alertmanager", "bearer": "env:BENCH_TOKEN"}
    settings.write_text(json.dumps(described | {"alerts": {"sources": {"am": source}}}))
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with workspace(folder / "workspace", free_port()) as url:
        environment = _SLACK | {"SLACK_API_URL": f"{url}/api/", "BENCH_TOKEN": _TOKEN}
        environment["INTERLOCK_PORT"] = str(port)
        argv = ["-m", "bot.cli", "run", "--config", str(settings)]
        with process(argv, folder / "bot.txt", **environment):
            until(lambda: ready(url), "interlock run")
            paced = _counted(url, f"{address}/alerts/am", _batch, PACED_PER_SECOND / BATCH)
            fast = _counted(url, f"{address}/alerts/am", _batch, None)
            return {f"{PACED_PER_SECOND:,} a second": paced, "as fast as can be": fast}


def _alertmanager(folder: Path) -> Taken:
    with workspace(folder / "alone", free_port()) as url, beside(folder / "am", url) as address:
        return _counted(url, address, _own_batch, None)


def _counted(url: str, address: str, batch: _Batch, batches_per_second: float | None) -> Taken:
    """With the messages that the workspace got meanwhile."""
    before = _messages(url)
    taken = asyncio.run(_send(address, batch, batches_per_second))
    return replace(taken, messages=_messages(url) - before)


def _messages(url: str) -> int:
    query = {"method": "chat.postMessage"}
    return len(httpx.get(f"{url}/sim/calls", params=query, timeout=30).json())


@contextmanager
def _bare(file: Path) -> Iterator[str]:
    port = free_port()
    with process(["-m", "tests.bench.bare_insert", str(file), str(port)], file.with_suffix(".txt")):
        until(lambda: _listens(port), "the bare server")
        yield f"http://127.0.0.1:{port}/alerts"


def _fast(address: str) -> Taken:
    return asyncio.run(_send(address, _batch, None))


def _listens(port: int) -> bool:
    try:
        httpx.get(f"http://127.0.0.1:{port}/", timeout=1)
    except httpx.HTTPError:
        return False
    return True


async def _send(address: str, batch: _Batch, batches_per_second: float | None) -> Taken:
    """Batches for `SECONDS`, some at once; paced, or each hand as fast as it gets answers."""
    numbers, spent, refused = count(), [], 0
    began = time.monotonic()
    headers = {"Authorization": f"Bearer {_TOKEN}", "Content-Type": "application/json"}

    async def hand(http: httpx.AsyncClient) -> None:
        nonlocal refused
        for number in numbers:
            if batches_per_second is not None:
                due = began + number / batches_per_second
                await asyncio.sleep(max(0.0, due - time.monotonic()))
            if time.monotonic() - began > SECONDS:
                return
            body = batch(number)
            at = time.monotonic()
            answer = await http.post(address, content=body)
            spent.append(time.monotonic() - at)
            refused += not answer.is_success

    async with httpx.AsyncClient(headers=headers, timeout=30, trust_env=False) as http:
        await asyncio.gather(*(hand(http) for _ in range(AT_ONCE)))
    rate = (len(spent) - refused) * BATCH / (time.monotonic() - began)
    return Taken(rate, percentile(spent, 0.5), percentile(spent, 0.99), refused)


def _batch(number: int) -> bytes:
    return json.dumps({"version": "4", "status": "firing", "alerts": _alerts(number)}).encode()


def _own_batch(number: int) -> bytes:
    """As Prometheus sends it to Alertmanager."""
    wanted = ("labels", "annotations", "startsAt")
    return json.dumps([{key: each[key] for key in wanted} for each in _alerts(number)]).encode()


def _alerts(number: int) -> list[dict[str, Any]]:
    group = number % GROUPS
    labels = {"alertname": f"Rule{group}", "stack": "harbor", "severity": "warning", "zone": "east"}
    return [
        {
            "status": "firing",
            "fingerprint": f"{os.getpid():x}{number:08x}{each:02x}",
            "labels": labels | {"instance": f"node-{number}-{each}"},
            "annotations": {"summary": "More requests fail than usual", "value": "0.12"},
            "startsAt": "2026-11-22T08:00:00Z",
        }
        for each in range(BATCH)
    ]


def _table(results: dict[str, Taken]) -> Table:
    bare = next(iter(results.values()))
    rows = [
        (
            name,
            f"{taken.rate:,.0f}",
            f"{taken.rate / bare.rate:.1f} ×",
            f"{taken.p50 * 1000:.0f} ms",
            f"{taken.p99 * 1000:.0f} ms",
            str(taken.refused),
            "" if taken.messages is None else str(taken.messages),
        )
        for name, taken in results.items()
    ]
    paced = {name: taken for name, taken in results.items() if "a second" in name}
    holds = [
        (
            f"{name}: all of {PACED_PER_SECOND:,} alerts a second are taken, a batch within "
            f"{_P99 * 1000:.0f} ms at p99",
            taken.rate >= PACED_PER_SECOND * 0.98 and taken.p99 < _P99 and not taken.refused,
        )
        for name, taken in paced.items()
    ]
    return Table(
        title="Alerts in",
        about=(
            f"Batches of {BATCH} over {GROUPS} groups for {SECONDS:.0f} s, {AT_ONCE} at once. A "
            "batch is answered once it is on disk; it is folded into its group and shown beside. "
            "Alertmanager answers once it is in memory, and posts each rule by itself; the last "
            "column is how many messages came to Slack meanwhile."
        ),
        header=("what", "alerts a second", "ratio", "p50", "p99", "refused", "messages"),
        rows=rows,
        holds=holds,
    )
