"""The whole demo, with real processes. Everything here is slow."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from playbooks.model.stack_file import load_stack
from tests.support.demo import RunningDemo, until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def demo() -> Iterator[RunningDemo]:
    """One demo for all tests of this file; each leaves it running and ready.

    Not in pytest's own folder, which it closes to other users: PostgreSQL of a root runs as one.
    """
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    folder = Path(tempfile.mkdtemp(prefix="interlock-demo-"))
    running = RunningDemo(folder / "state", port, ("--no-rates",))
    running.start()
    yield running
    if running.process and running.process.poll() is None:
        running.end()
    assert running.alive() == {}
    shutil.rmtree(folder)


def rows(demo: RunningDemo, question: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(demo.description["postgres_uri"]) as connection:
        return connection.execute(question.encode()).fetchall()


def database_answers(demo: RunningDemo) -> bool:
    try:
        return rows(demo, "SELECT count(*) FROM ships") == [(500,)]
    except psycopg.OperationalError:
        return False


def is_ready(demo: RunningDemo) -> bool:
    return demo.health().get("ready") is True


def test_everything_is_there(demo: RunningDemo) -> None:
    """demo.json names everything, all of it answers, and only its owner can read it."""
    described = demo.description
    assert set(described) == {
        "workspace_url",
        "postgres_uri",
        "files_dir",
        "api_url",
        "web_url",
        "bot_pid",
        "bot_url",
        "alert_token",
    }
    assert (demo.state / "demo.json").stat().st_mode & 0o077 == 0
    assert described["bot_pid"] == demo.alive()["bot"]
    assert httpx.get(f"{described['api_url']}/health").json() == {"status": "healthy"}
    assert httpx.get(f"{described['api_url']}/bookings/count").json() == {"count": 42_000}
    assert len(httpx.get(f"{described['api_url']}/ships").json()["ships"]) == 500
    assert "42,000" in httpx.get(described["web_url"]).text
    assert load_stack(demo.state / "harbor.yaml").layers() == (("postgres",), ("api",), ("web",))
    assert "harbor" in demo.command("status harbor")


def test_the_database_is_as_described(demo: RunningDemo) -> None:
    """50,000 rows, bookings the most and referenced by none, and all that a restore must keep."""
    tables = ("ships", "berths", "bookings", "tide_readings", "inspections")
    counts = {table: rows(demo, f"SELECT count(*) FROM {table}")[0][0] for table in tables}
    assert sum(counts.values()) == 50_000
    assert max(counts, key=lambda table: counts[table]) == "bookings"
    foreign = rows(
        demo,
        "SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint "
        "WHERE contype = 'f'",
    )
    assert ("bookings", "ships") in foreign
    assert all(target != "bookings" for _, target in foreign)
    assert rows(demo, "SELECT last_value FROM booking_numbers") == [(42_000,)]
    assert rows(demo, "SELECT sum(bookings) FROM berth_load") == [(42_000,)]
    owners = rows(demo, "SELECT tablename, tableowner FROM pg_tables WHERE schemaname = 'public'")
    assert dict(owners)["inspections"] == "customs"
    settings = rows(demo, "SELECT unnest(setconfig) FROM pg_db_role_setting WHERE setrole = 0")
    assert ("work_mem=12MB",) in settings
    allowed = rows(
        demo,
        "SELECT has_database_privilege('customs', 'harbor', 'CONNECT'), "
        "has_database_privilege('public', 'harbor', 'CONNECT')",
    )
    assert allowed == [(True, False)]
    without_key = rows(
        demo,
        "SELECT relname FROM pg_class c "
        "WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND NOT "
        "EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = c.oid AND indisprimary)",
    )
    assert without_key == [("tide_readings",)]


def test_the_folder_is_as_described(demo: RunningDemo) -> None:
    """200 files, one of 20 MB, one with a space and an umlaut in its name."""
    files = [path for path in Path(demo.description["files_dir"]).rglob("*") if path.is_file()]
    assert len(files) == 200
    assert sorted(path.stat().st_size for path in files)[-1] == 20 * 1024 * 1024
    assert any(" " in path.name and "ü" in path.name for path in files)


def test_a_stranger_is_welcomed_once(demo: RunningDemo) -> None:
    """ops-harbor opens with one message on what to try, and a restart adds none."""
    welcomes = [m for m in demo.messages() if m["text"].startswith("Welcome to harbor")]
    assert len(welcomes) == 1


def test_a_second_demo_is_refused(demo: RunningDemo, free_port: int) -> None:
    """The same folder, or a port that is taken: one clear line, exit code 2, nothing started."""
    same_folder = RunningDemo(demo.state, free_port)
    other = RunningDemo(demo.state.with_name("other"), demo.port)
    for refused, says in (
        (same_folder, f"A demo already runs in {demo.state}"),
        (other, f"Port {demo.port} of 127.0.0.1 is taken"),
    ):
        argv = [sys.executable, "-m", "bot.cli", "demo", "--no-browser"]
        done = subprocess.run(
            [*argv, "--port", str(refused.port), "--state", str(refused.state)],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            cwd=Path(__file__).parents[3],
        )
        assert done.returncode == 2
        assert done.stderr.startswith(says)
        assert len(done.stderr.strip().splitlines()) == 1
    assert other.alive() == {}
    assert is_ready(demo)


@pytest.mark.parametrize("part", ["bot", "workspace", "postgres"])
def test_what_is_killed_comes_back(demo: RunningDemo, part: str) -> None:
    """kill -9 of a part: it is started again, the demo is ready again, demo.json is right."""
    killed = demo.alive()[part]
    os.kill(killed, signal.SIGKILL)
    until(f"another {part}", lambda: demo.alive().get(part) not in {None, killed})
    until("ready again", lambda: is_ready(demo))
    until("the database answers", lambda: database_answers(demo))
    until("demo.json is right", lambda: demo.description["bot_pid"] == demo.alive().get("bot"))
    assert "harbor" in demo.command("status harbor")


def test_everything_killed_comes_back(demo: RunningDemo) -> None:
    """kill -9 of the supervisor and of every part: the same folder goes on where it was."""
    with psycopg.connect(demo.description["postgres_uri"]) as connection:
        connection.execute("UPDATE berths SET quay = 'Mole' WHERE id = 1")
    demo.kill()
    for pid in demo.alive().values():
        os.kill(pid, signal.SIGKILL)
    until("all are gone", lambda: not demo.alive())
    demo.start()
    assert set(demo.alive()) == {"workspace", "bot", "postgres", "api", "web"}
    assert rows(demo, "SELECT quay FROM berths WHERE id = 1") == [("Mole",)]
    assert len([m for m in demo.messages() if m["text"].startswith("Welcome to harbor")]) == 1


def test_a_killed_supervisor_is_followed_by_another(demo: RunningDemo) -> None:
    """What a killed supervisor left is taken over (database, services) or replaced."""
    before = demo.alive()
    demo.kill()
    assert demo.alive() == before
    demo.start()
    after = demo.alive()
    assert {part: after[part] for part in ("postgres", "api", "web")} == {
        part: before[part] for part in ("postgres", "api", "web")
    }
    assert after["bot"] != before["bot"]
    assert is_ready(demo)


def test_a_port_that_a_stranger_took_is_replaced(demo: RunningDemo) -> None:
    """The database's old port is taken while the demo is down: all goes on with another one."""
    before = demo.description["postgres_uri"]
    demo.kill()
    pid = demo.alive()["postgres"]
    os.kill(pid, signal.SIGKILL)
    until("PostgreSQL is gone", lambda: "postgres" not in demo.alive())
    taken = int(before.rpartition(":")[2].partition("/")[0])
    with socket.create_server(("127.0.0.1", taken)):
        demo.start()
        assert demo.description["postgres_uri"] != before
        api = demo.description["api_url"]
        assert httpx.get(f"{api}/bookings/count").json() == {"count": 42_000}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ending_leaves_nothing_and_goes_on(demo: RunningDemo, number: signal.Signals) -> None:
    """Ctrl-C ends every process; a service that was stopped on purpose stays stopped after."""
    running = set(demo.alive())
    if "web" in running:
        os.killpg(demo.alive()["web"], signal.SIGTERM)
        until("web is gone", lambda: "web" not in demo.alive())
        (demo.state / "processes" / "web.pid").unlink()
    ports = (demo.state / "ports.json").read_text()
    assert demo.end(number) == 0
    assert demo.alive() == {}
    demo.start()
    assert set(demo.alive()) == {"workspace", "bot", "postgres", "api"}
    assert (demo.state / "ports.json").read_text() == ports
    assert rows(demo, "SELECT count(*) FROM bookings") == [(42_000,)]


def test_an_alert_gets_a_card(demo: RunningDemo) -> None:
    """What is posted with the token of demo.json to the bot's address is shown in the channel."""
    described = demo.description
    alert = {
        "status": "firing",
        "labels": {"alertname": "HarborFull", "stack": "harbor", "severity": "critical"},
        "startsAt": "2026-11-22T06:00:00Z",
    }
    answer = httpx.post(
        f"{described['bot_url']}/alerts/alertmanager",
        json={"alerts": [alert]},
        headers={"Authorization": f"Bearer {described['alert_token']}"},
    )
    assert answer.status_code == 200, answer.text
    until("the card of the alert", lambda: "HarborFull" in str(demo.messages()), 30)
