"""What watching 1,000 endpoints every 10 s costs, in a process of its own."""

import asyncio
import json
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

from bot.engine.board import Board
from bot.ledger import Ledger
from bot.store.database import Database
from bot.store.migrate import migrate
from bot.watching.watch import ServiceWatch
from playbooks.gate.policy import Policy
from playbooks.model.health import HttpHealth
from playbooks.model.service import Service
from playbooks.model.stack import Stack
from tests.bench.processes import process, until
from tests.bench.table import Table
from tests.support.work import KnownSecrets

ENDPOINTS, STACKS, EVERY = 1000, 20, 10.0
SECONDS = 40.0
_SETTLE = 12.0
_SERVER = """
import asyncio, sys
ANSWER = (b"HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\nContent-Length: 21\\r\\n\\r\\n"
          b'{"status": "healthy"}')
async def serve(reader, writer):
    try:
        while await reader.readuntil(b"\\r\\n\\r\\n"):
            writer.write(ANSWER)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()
async def main():
    servers = [await asyncio.start_server(serve, "127.0.0.1", 0) for _ in range(int(sys.argv[1]))]
    print(*(s.sockets[0].getsockname()[1] for s in servers), flush=True)
    await asyncio.Future()
asyncio.run(main())
"""


def watched(ports: list[int]) -> dict[str, Stack]:
    """All endpoints, spread over some stacks; each server is many of them."""
    found = {}
    for number in range(STACKS):
        services = {}
        for index in range(ENDPOINTS // STACKS):
            port = ports[(number * (ENDPOINTS // STACKS) + index) % len(ports)]
            url = f"http://127.0.0.1:{port}/health?{number}.{index}"
            health = HttpHealth(
                url=url, expect={"status": "healthy"}, interval=timedelta(seconds=EVERY)
            )
            services[f"service-{index}"] = Service(health=health)
        name = f"stack-{number}"
        found[name] = Stack(name=name, environment="prod", channel="ops", services=services)
    return found


async def _watch(folder: Path, ports: list[int]) -> None:
    """Runs in the measured process; writes its own figures."""
    database = Database(f"sqlite:///{folder / 'watch.db'}")
    migrate(database)
    ledger = Ledger(
        database=database,
        policy=Policy(),
        stacks=watched(ports),
        board=Board(),
        now=lambda: datetime.now(UTC),
        channel_of=lambda stack: stack.channel,
    )
    watch = ServiceWatch(ledger, KnownSecrets(), ring=lambda: None)
    heard = [0]
    hear = watch.hear

    def counted(answers: object) -> None:
        heard[0] += 1
        hear(answers)  # type: ignore[arg-type]

    watch.hear = counted  # type: ignore[method-assign]
    task = asyncio.create_task(watch.run())
    await asyncio.sleep(_SETTLE)
    before, began, asked = time.process_time(), time.monotonic(), heard[0]
    await asyncio.sleep(SECONDS)
    took = time.monotonic() - began
    up = sum(each.up is True for stack in ledger.stacks.values() for each in watch.of(stack))
    figures = {
        "cpu": (time.process_time() - before) / took * 100,
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "asked": (heard[0] - asked) / took,
        "up": up,
    }
    task.cancel()
    sys.stdout.write(json.dumps(figures) + "\n")
    sys.stdout.flush()


@contextmanager
def servers(folder: Path, count: int) -> Iterator[list[int]]:
    with process(["-c", _SERVER, str(count)], folder / "servers.txt") as child:
        assert child.stdout is not None
        yield [int(port) for port in child.stdout.readline().split()]


def table(folder: Path) -> Table:
    """Servers in one process, the watch in another."""
    with servers(folder, ENDPOINTS // 10) as ports:
        argv = ["-m", "tests.bench.watch", *map(str, ports)]
        with process(argv, folder / "watch.txt") as watch:
            until(lambda: psutil.pid_exists(watch.pid), "the watch")
            assert watch.stdout is not None
            figures = json.loads(watch.stdout.readline())
    row = (
        f"{ENDPOINTS} every {EVERY:.0f} s",
        f"{figures['asked']:.0f}",
        f"{figures['cpu']:.1f}",
        f"{figures['megabytes']:.0f}",
    )
    return Table(
        "Watching services",
        f"{ENDPOINTS} endpoints of {STACKS} stacks by HTTP with JSON to look at, damped, latencies "
        f"summed; {SECONDS:.0f} s after settling. The memory is the process's largest, with all "
        "that it has loaded.",
        ("endpoints", "asked a second", "CPU % of one core", "resident MB"),
        (row,),
        (
            ("every endpoint is asked in time", figures["asked"] >= ENDPOINTS / EVERY * 0.97),
            ("and all are up", figures["up"] == ENDPOINTS),
            ("under 25 % of one core", figures["cpu"] < 25),
            ("under 200 MB", figures["megabytes"] < 200),
        ),
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        asyncio.run(_watch(Path(place), [int(port) for port in sys.argv[1:]]))
