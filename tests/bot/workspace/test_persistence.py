"""Everything that was said survives kill -9 and a restart on the same folder."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from bot.workspace.settings import Secrets
from bot.workspace.testing import RunningWorkspace, running_workspace
from tests.support.workspace import Sim, eventually


@contextmanager
def process(state: Path, port: int, *options: str) -> Iterator[Sim]:
    """`python -m bot.workspace`, killed with SIGKILL at the end."""
    argv = [sys.executable, "-m", "bot.workspace", "--port", str(port), "--state", str(state)]
    with subprocess.Popen([*argv, *options], stderr=subprocess.DEVNULL) as child:
        url = f"http://127.0.0.1:{port}"
        with httpx.Client(base_url=url, timeout=20) as http:

            def answers() -> bool:
                try:
                    return http.get("/sim/health").status_code == 200
                except httpx.TransportError:
                    return False

            eventually(answers, "the workspace is up")
            yield Sim(RunningWorkspace(url, Secrets()), http)
        os.kill(child.pid, signal.SIGKILL)
        child.wait()


def test_kill_and_restart(tmp_path: Path, free_port: int) -> None:
    """Messages, threads, ephemerals, reactions, files, modals and URLs are as before."""
    with process(tmp_path, free_port) as sim:
        root = sim.post("root", metadata={"event_type": "t", "event_payload": {"k": 1}})
        sim.post("reply", thread_ts=root)
        sim.api("chat.postEphemeral", channel="C0OPS", user="U0BEN", text="psst")
        sim.act("react", user="ben", channel="ops", ts=root, name="eyes")
        asked = sim.api("files.getUploadURLExternal", filename="a.txt", length=3)
        assert httpx.post(asked["upload_url"], content=b"abc").status_code == 200
        done = sim.api(
            "files.completeUploadExternal", files=[{"id": asked["file_id"]}], channel_id="C0OPS"
        )
        assert done["ok"]
        socket = sim.socket()
        body = {"user": "ana", "channel": "ops", "command": "/ops", "text": "x", "wait": False}
        sim.act("command", **body)
        frame = socket.frame()
        while frame["type"] != "slash_commands":
            frame = socket.frame()
        socket.ack(frame)
        view = {
            "type": "modal",
            "title": {"type": "plain_text", "text": "T"},
            "blocks": [{"type": "divider"}],
        }
        assert sim.api("views.open", trigger_id=frame["payload"]["trigger_id"], view=view)["ok"]
        url = frame["payload"]["response_url"]
        for _ in range(4):
            httpx.post(url, json={"text": "use"})
        before = [sim.messages(user) for user in ("ana", "ben")]
    with process(tmp_path, free_port) as sim:
        assert [sim.messages(user) for user in ("ana", "ben")] == before
        assert sim.http.get(f"/sim/files/{asked['file_id']}").text == "abc"
        assert len(sim.views()) == 1
        statuses = [httpx.post(url, json={"text": "use"}).status_code for _ in range(2)]
        assert statuses == [200, 404]
        assert sim.post("later") > before[0][-1]["ts"]


def test_an_undelivered_event_comes_after_a_restart(tmp_path: Path) -> None:
    """An event that no bot acknowledged is redelivered by the next process, as the same event."""
    settings = {"rates": False, "retry_delays": (0.2,) * 20}
    with running_workspace(tmp_path, **settings) as workspace, httpx.Client() as http:
        http.base_url = httpx.URL(workspace.url)
        sim = Sim(workspace, http)
        socket = sim.socket()
        sim.act("message", user="ana", channel="ops", text="hello")
        first = socket.frame()["payload"]["event_id"]
        socket.close()
    with running_workspace(tmp_path, **settings) as workspace, httpx.Client() as http:
        http.base_url = httpx.URL(workspace.url)
        socket = Sim(workspace, http).socket()
        again = socket.frame()
        socket.ack(again)
        assert again["payload"]["event_id"] == first
        assert again["payload"]["event"]["text"] == "hello"
        socket.close()


def test_reset_forgets_what_was_said(sim: Sim) -> None:
    """After a reset there is no message, file, modal, fault or call; people are still there."""
    ts = sim.post("x")
    sim.act("faults", kind="500", count=5)
    sim.act("reset")
    assert sim.messages() == []
    assert sim.calls("chat.postMessage") == []
    assert sim.api("chat.update", channel="C0OPS", ts=ts, text="y")["error"] == "message_not_found"
    assert len(sim.api("users.list")["members"]) == 6


def test_a_supervised_stack_decides_readiness(tmp_path: Path, free_port: int) -> None:
    """With --wait-for-stack health is ready once a bot is there and the stack is reported up."""
    with process(tmp_path, free_port, "--wait-for-stack", "--rates", "off") as sim:
        sim.socket()
        health = {"ready": False, "bot": True, "stack": False}
        assert sim.http.get("/sim/health").json() == health
        sim.act("health", stack=True)
        assert sim.http.get("/sim/health").json()["ready"] is True


def test_bad_settings_end_with_one_line(tmp_path: Path, free_port: int) -> None:
    """A seed that is no JSON ends the process with code 2 and names the file."""
    seed = tmp_path / "seed.json"
    seed.write_text('{"team": {"name": "x"}, "users": [], "chanels": []}')
    argv = [sys.executable, "-m", "bot.workspace", "--state", str(tmp_path / "state")]
    argv += ["--port", str(free_port), "--seed", str(seed)]
    ended = subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False)
    assert ended.returncode == 2
    assert f"{seed}: chan" in ended.stderr
    assert "Traceback" not in ended.stderr
