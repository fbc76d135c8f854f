"""How soon the state of everything is known: many services, slow ones, hosts that are away."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import httpx

from tests.bench.table import Table
from tests.support.bot import wait_until
from tests.support.hosted import Hosted, hosted

_STACKS, _SERVICES = 5, 12
_SLOW_SECONDS = 1.0
_SLOW_EACH = 4
_HOSTS, _AWAY = 40, 2
_DEADLINE_SECONDS = 3.0
_ROUNDS = 5


@dataclass(frozen=True)
class StandIns:
    """Ports of what answers, and the key that its hosts let in."""

    http: Sequence[int]
    ssh: Sequence[int]
    silent: Sequence[int]
    key: str
    host_key: str


@contextmanager
def stand_ins(http: Sequence[float], ssh: int = 0, silent: int = 0) -> Iterator[StandIns]:
    """All of them in one other process, which ends with the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.stand_ins"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        wanted = {"http": http, "ssh": ssh, "silent": silent}
        print(json.dumps(wanted), file=process.stdin, flush=True)
        yield StandIns(**json.loads(process.stdout.readline()))
    finally:
        process.kill()
        process.wait()


def table(folder: Path) -> Table:
    """Sixty services in five stacks, beside a script that asks one by one; then forty hosts."""
    each = [_SLOW_SECONDS] * _SLOW_EACH + [0.0] * (_SERVICES - _SLOW_EACH)
    with stand_ins(each * _STACKS) as services:
        urls = [f"http://127.0.0.1:{port}/health" for port in services.http]
        slowest = max(_seconds_of(lambda url=url: httpx.get(url)) for url in urls[:_SERVICES])
        with hosted(folder / "services", *_of_services(urls)) as bot:
            ours = _status(bot, _known_services)
        theirs = _seconds_of(lambda: _one_after_the_other(urls))
    with stand_ins([], ssh=_HOSTS - _AWAY, silent=_AWAY) as hosts:
        key = folder / "key"
        key.write_text(hosts.key)
        with hosted(folder / "hosts", *_of_hosts(hosts, key)) as bot:
            first = _seconds_of(lambda: bot.says("status"))
            wait_until(lambda: _known_hosts(bot.says("status")), "all hosts to be connected")
            away = _status(bot, _known_hosts)
    return Table(
        "Status of everything",
        f"`/ops status` by wire, from the command to its answer; medians of {_ROUNDS}. "
        f"{_STACKS} stacks with {_STACKS * _SERVICES} services, of which {_SLOW_EACH * _STACKS} "
        f"take {_SLOW_SECONDS:g} s to answer; then {_HOSTS} hosts over ssh, of which {_AWAY} let "
        "in who comes and say nothing. The script asks each service with curl, as the guides do.",
        ("what", "seconds", "ratio"),
        [
            ["the slowest single probe", f"{slowest:.2f}", "1"],
            ["Interlock: 60 services", f"{ours:.2f}", f"{ours / slowest:.2f}"],
            ["a script, one after the other", f"{theirs:.2f}", f"{theirs / slowest:.2f}"],
            [f"{_HOSTS} hosts, {_AWAY} away, nothing connected yet", f"{first:.2f}", ""],
            [f"{_HOSTS} hosts, {_AWAY} away, connections kept", f"{away:.2f}", ""],
        ],
        (
            ("at most 1.3 × the slowest probe", ours <= 1.3 * slowest),
            ("at least 10 × as fast as the script", theirs >= 10 * ours),
            ("40 hosts with 2 away in under 3 s", max(first, away) < _DEADLINE_SECONDS),
        ),
    )


def _of_services(urls: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {
            "name": f"stack-{stack}",
            "services": {
                f"service-{number}": {"health": {"kind": "http", "url": url, "expect": _WELL}}
                for number, url in enumerate(urls[stack * _SERVICES : (stack + 1) * _SERVICES])
            },
        }
        for stack in range(_STACKS)
    ]


_WELL = {"status": "healthy"}


def _of_hosts(hosts: StandIns, key: Path) -> list[dict[str, Any]]:
    about = {"kind": "ssh", "address": "127.0.0.1", "user": "ops", "key": f"file:{key}"}
    return [
        {
            "name": f"stack-{number:02}",
            "host": {**about, "port": port, "host_key": " ".join(hosts.host_key.split()[:2])},
            "services": {"app": {"systemd": {"unit": "app.service"}}},
        }
        for number, port in enumerate([*hosts.ssh, *hosts.silent])
    ]


def _status(bot: Hosted, known: Callable[[str], bool]) -> float:
    """The median of what a status takes that knows all it can."""
    took: list[float] = []
    while len(took) < _ROUNDS:
        began = time.monotonic()
        said = bot.says("status")
        took.append(time.monotonic() - began)
        assert known(said), said
    return median(took)


def _known_services(said: str) -> bool:
    return said.splitlines()[0].count(f"{_SERVICES} of {_SERVICES} services up") == _STACKS


def _known_hosts(said: str) -> bool:
    return said.splitlines()[0].count("1 of 1 service up") == _HOSTS - _AWAY


def _one_after_the_other(urls: Sequence[str]) -> None:
    for url in urls:
        argv = ["curl", "--silent", "--fail", "--max-time", "5", url]
        subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)


def _seconds_of(work: Any) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began
