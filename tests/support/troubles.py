"""What goes wrong with systems of containers, made to happen to real ones and mended again."""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import psycopg

from tests.support.bot import wait_until
from tests.support.docker import Project

_RESTARTS = 3
_PAGE = """\
# TYPE http_requests_total counter
http_requests_total{{status="200"}} {good}
http_requests_total{{status="500"}} {bad}
# TYPE http_request_duration_seconds histogram
http_request_duration_seconds_bucket{{le="0.5"}} {good}
http_request_duration_seconds_bucket{{le="2.5"}} {all}
http_request_duration_seconds_bucket{{le="+Inf"}} {all}
http_request_duration_seconds_count {all}
http_request_duration_seconds_sum {all}
"""
_SHORT = 32 * 1024 * 1024
_CONNECTIONS = 96


def killed(project: Project, service: str) -> None:
    """kill -9 of its one process."""
    project.compose("kill", service)


def unwell(project: Project, service: str, *, well: bool = False) -> None:
    """It answers whoever asks how it is, and not with what is healthy; or again with that."""
    ways = ("/srv/health.away", "/srv/health") if well else ("/srv/health", "/srv/health.away")
    project.in_container(service, "sh", "-c", 'mv "$1" "$2"', "sh", *ways)


def looping(project: Project, service: str) -> None:
    """It ends again and again, and the engine starts it each time."""
    container = project.container(service).id
    _docker("update", "--restart", "always", container)

    def ended_enough() -> bool:
        # Its own end, as the engine sees it: what is killed from outside is not started again.
        end = ["docker", "exec", container, "sh", "-c", "kill 1"]
        subprocess.run(end, capture_output=True, check=False)
        return _restarts(container) >= _RESTARTS

    wait_until(ended_enough, f"{_RESTARTS} restarts of {service}", 60)
    wait_until(lambda: _inspected(container, "State.Running") == "true", f"{service} to run", 30)


def starved(project: Project, service: str) -> None:
    """It wants more memory than it may have, and the kernel kills what asks."""
    container = _limited(project, service)
    argv = ["docker", "exec", container, "sh", "-c", "tail /dev/zero"]
    subprocess.run(argv, capture_output=True, check=False, timeout=60)


def nearly_full(project: Project, service: str) -> None:
    """It has 93 of 100 parts of the memory that it may use."""
    container = _limited(project, service)
    mib = _SHORT * 95 // 100 // 1024 // 1024 - 1
    filled = f"head -c {mib}m /dev/zero > /dev/shm/full"
    project.in_container(service, "sh", "-c", filled)
    assert _inspected(container, "State.Running") == "true"


def counted(project: Project, service: str, good: int, bad: int) -> None:
    """So many requests were answered well and at once, so many badly and late: its page of metrics
    says it, and the system's own Prometheus has read it."""
    page = _PAGE.format(good=good, bad=bad, all=good + bad)
    write = 'printf "%s" "$1" > /srv/metrics'
    project.in_container(service, "sh", "-c", write, "sh", page)
    host, port = project.address("prometheus", 9090)
    place = f"http://{host}:{port}/api/v1/query"

    def read() -> bool:
        said = httpx.get(place, params={"query": "sum(http_requests_total)"}, timeout=5).json()
        return any(float(each["value"][1]) == good + bad for each in said["data"]["result"])

    wait_until(read, "a scrape", 30)


def anew(project: Project, *services: str) -> None:
    """As the compose file has them, with no limit and no count of before."""
    project.compose_all("up", "--detach", "--no-deps", "--force-recreate", "-V", *services)


@contextmanager
def full_disk(folder: Path) -> Iterator[Path]:
    """A small file system of this host with nothing left; `mount` of it is the folder given."""
    disk = folder.with_suffix(".img")
    folder.mkdir()
    with disk.open("wb") as file:
        file.truncate(2 * 1024 * 1024)
    subprocess.run(["mkfs.ext4", "-q", "-m", "0", disk], check=True, capture_output=True)
    subprocess.run(["mount", "-o", "loop", disk, folder], check=True, capture_output=True)
    try:
        subprocess.run(
            ["dd", "if=/dev/zero", f"of={folder / 'full'}"], capture_output=True, check=False
        )
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True, capture_output=True)
        disk.unlink()
        folder.rmdir()


@contextmanager
def no_connections_left(uri: str) -> Iterator[int]:
    """All connections of a PostgreSQL are taken; how many of them here."""
    with ExitStack() as closing:
        taken = 0
        for _ in range(_CONNECTIONS):
            try:
                closing.callback(psycopg.connect(uri, autocommit=True).close)
            except psycopg.OperationalError:
                break
            taken += 1
        yield taken


@contextmanager
def much_to_do(uri: str) -> Iterator[None]:
    """A PostgreSQL that uses all the processor it gets, while the block lasts."""
    busy = "SELECT count(*) FROM generate_series(1, 100000000000)"
    with ExitStack() as closing:
        for _ in range(2):
            connection = psycopg.connect(uri, autocommit=True)
            closing.callback(connection.close)
            connection.execute("SET statement_timeout = '300s'")
            connection.pgconn.send_query(busy.encode())
            closing.callback(connection.cancel)
        yield


def _limited(project: Project, service: str) -> str:
    container = project.container(service).id
    size = str(_SHORT)
    _docker("update", "--memory", size, "--memory-swap", size, container)
    return container


def _restarts(container: str) -> int:
    return int(_inspected(container, "RestartCount"))


def _inspected(container: str, what: str) -> str:
    return _docker("inspect", "--format", f"{{{{.{what}}}}}", container).strip()


def _docker(*words: str) -> str:
    return subprocess.run(["docker", *words], check=True, capture_output=True, text=True).stdout
