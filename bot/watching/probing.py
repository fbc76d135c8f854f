"""Asks many services how they are, each at its interval, in one task with connections kept open."""

import asyncio
import heapq
import os
import random
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Protocol

import aiohttp
import structlog

from bot.watching.heard import Endpoint, Heard
from playbooks.errors import InterlockError
from playbooks.model.health import HttpHealth, TcpHealth

_log = structlog.get_logger(__name__)
_LARGEST_ANSWER = 64 * 1024
_KEPT_OPEN_SECONDS = 75.0
_MOST_AT_ONCE = 256
_THREADS = 8


@dataclass(frozen=True)
class Ways:
    """What probes go through. The threads are the watch's own: one that hangs holds up nobody
    else."""

    session: aiohttp.ClientSession
    threads: ThreadPoolExecutor


class Asked(Protocol):
    """What is asked every `interval` seconds; one question may tell of several services."""

    @property
    def interval(self) -> float: ...

    async def ask(self, ways: Ways) -> Iterable[Heard]: ...


@dataclass(frozen=True)
class AskedByHttp:
    endpoint: Endpoint
    health: HttpHealth
    interval: float
    headers: Callable[[], Mapping[str, str]]

    async def ask(self, ways: Ways) -> Iterable[Heard]:
        began = time.perf_counter()
        wrong = await _wrong_by_http(ways.session, self.health, self.headers)
        return (Heard(self.endpoint, wrong, (time.perf_counter() - began) * 1000),)


@dataclass(frozen=True)
class AskedByTcp:
    endpoint: Endpoint
    health: TcpHealth
    interval: float

    async def ask(self, ways: Ways) -> Iterable[Heard]:  # noqa: ARG002
        began = time.perf_counter()
        wrong = await _wrong_by_tcp(self.health)
        return (Heard(self.endpoint, wrong, (time.perf_counter() - began) * 1000),)


@dataclass(frozen=True)
class AskedAside:
    """What only blocking clients can ask: done in a thread."""

    interval: float
    look: Callable[[], Iterable[Heard]]

    async def ask(self, ways: Ways) -> Iterable[Heard]:
        return await asyncio.get_running_loop().run_in_executor(ways.threads, self.look)


async def probe_for_ever(asked: Iterable[Asked], hear: Callable[[Iterable[Heard]], None]) -> None:
    """`hear` is called in the loop with each answer. What is asked is spread over its interval, and
    asked again only once it has answered."""
    loop = asyncio.get_running_loop()
    turns = [
        (loop.time() + random.random() * each.interval, number, each)
        for number, each in enumerate(asked)
    ]
    heapq.heapify(turns)
    free, under_way = asyncio.Semaphore(_MOST_AT_ONCE), set[asyncio.Task[None]]()
    connector = aiohttp.TCPConnector(limit=_MOST_AT_ONCE, keepalive_timeout=_KEPT_OPEN_SECONDS)
    threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="watch")
    async with AsyncExitStack() as closing:
        closing.callback(threads.shutdown, wait=False, cancel_futures=True)
        session = await closing.enter_async_context(
            aiohttp.ClientSession(
                connector=connector, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False
            )
        )
        ways = Ways(session, threads)

        async def turn(due: float, number: int, each: Asked) -> None:
            async with free:
                try:
                    hear(await each.ask(ways))
                except Exception:  # noqa: BLE001 - the boundary of one probe
                    _log.exception("probe.broke")
            heapq.heappush(turns, (max(loop.time(), due + each.interval), number, each))

        while turns or under_way:
            wait = turns[0][0] - loop.time() if turns else 0.05
            if wait > 0:
                await asyncio.sleep(min(wait, 0.5) if under_way else min(wait, 5.0))
                continue
            task = asyncio.create_task(turn(*heapq.heappop(turns)))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
        await asyncio.Future()


async def _wrong_by_http(
    session: aiohttp.ClientSession,
    health: HttpHealth,
    headers: Callable[[], Mapping[str, str]],
) -> str:
    """What is wrong, or nothing."""
    limit = aiohttp.ClientTimeout(total=health.seconds)
    try:
        async with session.get(
            health.url, timeout=limit, allow_redirects=False, headers=headers()
        ) as answer:
            if not 200 <= answer.status < 300:
                return f"{health.url} answers {answer.status}"
            body = b""
            async for chunk in answer.content.iter_any():
                body += chunk
                if len(body) > _LARGEST_ANSWER:
                    break
    except InterlockError as error:
        return error.message.rstrip(".")
    except TimeoutError:
        return f"{health.url} did not answer within {health.seconds:g} s"
    except (aiohttp.ClientError, OSError, ValueError) as error:
        return f"{health.url} cannot be reached ({_reason(error)})"
    return health.unexpected(body) if health.expect else ""


def _reason(error: Exception) -> str:
    """`Connection refused`, without what the client adds of itself."""
    inner = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    number = inner.errno if isinstance(inner, OSError) else None
    return os.strerror(number) if number and number > 0 else str(error)


async def _wrong_by_tcp(health: TcpHealth) -> str:
    where = f"{health.host}:{health.port}"
    try:
        async with asyncio.timeout(health.seconds):
            _, writer = await asyncio.open_connection(health.host, health.port)
    except TimeoutError:
        return f"{where} did not open within {health.seconds:g} s"
    except OSError as error:
        return f"{where} cannot be reached ({_reason(error)})"
    writer.close()
    return ""
