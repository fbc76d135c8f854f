import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from playbooks.errors import HostError
from playbooks.hosts.identity import Identity, born, group_alive, identity_of
from playbooks.hosts.processes import LocalService
from playbooks.model.service import Process

SLEEPER = "import time; print('up', flush=True); time.sleep(600)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    "print('up', flush=True); time.sleep(600)"
)
FAMILY = (
    "import subprocess, sys, time; "
    "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); "
    "print('up', flush=True); time.sleep(600)"
)


def until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def nothing() -> None:
    return None


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[[str], LocalService]]:
    """Makes services of Python programs, and ends them after the test."""
    made: list[LocalService] = []

    def service(program: str) -> LocalService:
        process = Process(
            argv=(sys.executable, "-u", "-c", program), directory=tmp_path, state=tmp_path / "state"
        )
        made.append(LocalService("api", process))
        return made[-1]

    yield service
    for one in made:
        one.stop(0.2, nothing)


def said(service: LocalService, word: str) -> Callable[[], bool]:
    return lambda: service.log_file.exists() and word in service.log_file.read_text()


def test_a_service_runs_detached_and_is_known(make: Callable[[str], LocalService]) -> None:
    """It is nobody's child, leads a session of its own, and a second start changes nothing."""
    service = make(SLEEPER)
    first = service.start({})
    pid = first.identity.pid
    assert os.getsid(pid) == pid != os.getsid(0)
    assert Path(f"/proc/{pid}/status").read_text().find(f"PPid:\t{os.getpid()}\n") == -1
    assert service.start({}).identity == first.identity
    until(said(service, "up"))
    service.stop(5, nothing)
    assert service.running() is None
    assert not first.identity.alive
    service.stop(5, nothing)


def test_it_outlives_who_started_it(make: Callable[[str], LocalService], tmp_path: Path) -> None:
    """kill -9 of the starter and its group leaves the service up, and it is found again."""
    service = make(SLEEPER)
    starter = (
        "import sys, time; from pathlib import Path; "
        "from playbooks.hosts.processes import LocalService; "
        "from playbooks.model.service import Process; "
        f"p = Process.model_validate_json({service.process.model_dump_json()!r}); "
        "LocalService('api', p).start({}); print('started', flush=True); time.sleep(600)"
    )
    root = Path(__file__).parents[3]
    with subprocess.Popen(
        [sys.executable, "-c", starter], stdout=subprocess.PIPE, cwd=root, start_new_session=True
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"started\n"
        os.killpg(parent.pid, signal.SIGKILL)
    running = service.running()
    assert running is not None
    assert running.identity.alive


def test_a_reused_pid_is_not_ours(make: Callable[[str], LocalService]) -> None:
    """A pid file that names a living process born at another time is stopped, never signalled."""
    service = make(SLEEPER)
    service.process.state.mkdir()
    with subprocess.Popen([sys.executable, "-c", SLEEPER], start_new_session=True) as stranger:
        service.pid_file.write_text(
            f'{{"pid": {stranger.pid}, "born": "long ago", "since": "2026-01-01T00:00:00+00:00"}}'
        )
        assert service.running() is None
        service.stop(1, nothing)
        assert stranger.poll() is None
        stranger.kill()


def test_the_stubborn_are_ended(make: Callable[[str], LocalService]) -> None:
    """Who ignores SIGTERM gets its time, then SIGKILL; meanwhile the caller is asked to watch."""
    service = make(STUBBORN)
    service.start({})
    until(said(service, "up"))
    watched: list[int] = []
    service.stop(0.3, lambda: watched.append(1))
    assert service.running() is None
    assert watched


def test_children_end_with_the_service(make: Callable[[str], LocalService]) -> None:
    """Stop means the whole group: no worker stays behind with an open port."""
    service = make(FAMILY)
    running = service.start({})
    until(said(service, "up"))
    service.stop(5, nothing)
    assert not group_alive(running.identity.pid)


def test_the_process_is_asked_before_its_children(make: Callable[[str], LocalService]) -> None:
    """A service may end its workers in its own order: they are not asked behind its back."""
    service = make(
        "import signal, subprocess, sys, time\n"
        "worker = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "def end(*_):\n"
        "    time.sleep(0.3)\n"
        "    print('worker runs' if worker.poll() is None else 'worker gone', flush=True)\n"
        "    worker.kill(); worker.wait(); sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "print('up', flush=True)\n"
        "time.sleep(600)\n"
    )
    service.start({})
    until(said(service, "up"))
    service.stop(5, nothing)
    assert "worker runs" in service.log_file.read_text()
    assert service.running() is None


def test_a_zombie_does_not_run() -> None:
    """What ended but was not waited for is dead to us."""
    process = subprocess.Popen([sys.executable, "-c", "pass"])
    until(lambda: born(process.pid) == "")
    assert identity_of(process.pid) is None
    assert not Identity(process.pid, "x").alive
    assert process.wait() == 0
    me = identity_of(os.getpid())
    assert me is not None and me.alive


def test_what_ends_at_once_says_why(make: Callable[[str], LocalService]) -> None:
    """A program that dies while starting is a failure with the end of its log."""
    with pytest.raises(HostError, match=r"ended at once.*no such table: ships"):
        make("raise SystemExit('no such table: ships')").start({})


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    """Neither a missing program nor a missing folder leaves a pid file."""
    for argv, directory in ((("nowhere-at-all",), tmp_path), ((sys.executable,), Path("/nowhere"))):
        service = LocalService(
            "api", Process(argv=argv, directory=directory, state=tmp_path / "state")
        )
        with pytest.raises(HostError, match=r"No such file or directory: .*nowhere"):
            service.start({})
        assert service.running() is None
        assert not service.pid_file.exists()


def test_it_gets_only_its_own_environment(
    make: Callable[[str], LocalService], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stack file's variables and a few plain ones arrive; the bot's own secrets do not."""
    monkeypatch.setenv("SLACK_BOT_TOKEN", "not-for-services")
    service = make("import os, time; print(sorted(os.environ), flush=True); time.sleep(600)")
    service.start({"PGPASSWORD": "x"})
    until(said(service, "PGPASSWORD"))
    assert "'PATH'" in service.log_file.read_text()
    assert "SLACK_BOT_TOKEN" not in service.log_file.read_text()
    assert "PYTHONPATH" not in service.log_file.read_text()


def test_a_broken_pid_file_is_told(make: Callable[[str], LocalService]) -> None:
    """What cannot be read is neither running nor stopped, but an error that names the file."""
    service = make(SLEEPER)
    service.process.state.mkdir()
    service.pid_file.write_text("{")
    with pytest.raises(HostError, match=r"api\.pid does not say"):
        service.running()
    service.pid_file.unlink()
