import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playbooks.errors import HostError
from playbooks.hosts.logs.loki import LokiStream
from tests.support.bot import free_port, wait_until

_STAND_IN = Path(__file__).parents[2] / "images" / "loki" / "entrypoint.cjs"
_LABELS = 'container="api"'


@pytest.fixture(scope="module")
def loki() -> Iterator[str]:
    """A stand-in that speaks what is documented of Loki; its address."""
    node = shutil.which("node")
    if node is None:
        pytest.fail("node is needed for the stand-in of Loki; install nodejs")
    port = free_port()
    process = subprocess.Popen(
        [node, str(_STAND_IN)], env=os.environ | {"PORT": str(port)}, stdout=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: _ready(url), "the stand-in of Loki")
        yield url
    finally:
        process.terminate()
        process.wait(10)


def _ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/ready", timeout=1).is_success
    except httpx.HTTPError:
        return False


def _push(url: str, lines: list[str], container: str = "api", ago: float = 60.0) -> None:
    """The lines, a microsecond apart."""
    began = time.time_ns() - int(ago * 1e9)
    values = [[str(began + 1000 * number), line] for number, line in enumerate(lines)]
    stream = {"stream": {"container": container}, "values": values}
    answer = httpx.post(f"{url}/loki/api/v1/push", json={"streams": [stream]}, timeout=20)
    answer.raise_for_status()


def test_more_lines_than_one_answer_holds_are_read_by_contract(loki: str) -> None:
    """Pages are put together, oldest first, and none comes twice."""
    _push(loki, [f"line {number}" for number in range(7_000)], "many")
    stream = LokiStream(loki, 'container="many"')
    seen = [line.text for line in stream.newest(6_500, None)]
    assert seen == [f"line {number}" for number in range(500, 7_000)]


def test_lines_of_a_time_are_read_by_contract(loki: str) -> None:
    """Only what is newer than the moment comes, with its time."""
    _push(loki, ["old"], "timed", ago=3600)
    _push(loki, ["new"], "timed", ago=5)
    since = datetime.now(UTC) - timedelta(minutes=5)
    [line] = LokiStream(loki, 'container="timed"').newest(10, since)
    assert line.text == "new" and line.at is not None and line.at > since


def test_new_lines_are_followed_by_contract(loki: str) -> None:
    """A cursor goes on after the last line that was seen."""
    stream = LokiStream(loki, 'container="followed"')
    cursor = stream.fresh({}, 10).cursor
    _push(loki, ["one", "two"], "followed", ago=0)
    found = stream.fresh(cursor, 10)
    assert [line.text for line in found.lines] == ["one", "two"]
    assert stream.fresh(found.cursor, 10).lines == ()


def test_what_loki_refuses_is_said_by_contract(loki: str) -> None:
    """Loki's own words come with the query; what is away, or no Loki, is told apart."""
    with pytest.raises(HostError, match="parse error"):
        list(LokiStream(loki, "container=api").newest(5, None))
    with pytest.raises(HostError, match="cannot be reached"):
        list(LokiStream(f"http://127.0.0.1:{free_port()}", _LABELS).newest(5, None))
    with pytest.raises(HostError, match="refused"):
        list(LokiStream(f"{loki}/elsewhere", _LABELS).newest(5, None))


@settings(max_examples=40, deadline=None)
@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1))
def test_any_text_is_looked_for_as_text_by_contract(loki: str, text: str) -> None:
    """What somebody typed is never LogQL: it is found where it stands, or nothing is."""
    _push(loki, [f"<{text}>", "something else"], "fuzzed")
    stream = LokiStream(loki, 'container="fuzzed"', f"<{text}>")
    found = [line.text.casefold() for line in stream.newest(3, None)]
    assert found and all(f"<{text}>".casefold() in line for line in found)
