"""Workspaces and bots as processes of their own, so that each has its own interpreter."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]
START_SECONDS = 90.0


@contextmanager
def process(argv: Sequence[str], log: Path, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """A Python process of ours that ends with the block."""
    with log.open("w") as errors:
        child = subprocess.Popen(
            [sys.executable, *argv],
            cwd=ROOT,
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    try:
        yield child
    finally:
        child.terminate()
        try:
            child.wait(15)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


@contextmanager
def workspace(folder: Path, port: int) -> Iterator[str]:
    """A local workspace without rate limits; its URL."""
    folder.mkdir(parents=True, exist_ok=True)
    argv = ["-m", "bot.workspace", "--port", str(port), "--state", str(folder), "--rates", "off"]
    with process(argv, folder / "log.txt"):
        url = f"http://127.0.0.1:{port}"
        until(lambda: _answers(url), f"the workspace at {url}")
        yield url


def ready(url: str) -> bool:
    """Whether a bot is connected there."""
    return bool(_answers(url) and httpx.get(f"{url}/sim/health").json()["ready"])


def until(condition: object, what: str) -> float:
    """Waits until `condition()`; the seconds it took. Raises TimeoutError, naming `what`."""
    began = time.monotonic()
    while time.monotonic() - began < START_SECONDS:
        if callable(condition) and condition():
            return time.monotonic() - began
        time.sleep(0.01)
    raise TimeoutError(f"{what} was not there after {START_SECONDS:.0f} s")


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/sim/health", timeout=2).status_code == 200
    except httpx.TransportError:
        return False
