"""Scripts of a stack as they run on this host."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from playbooks.errors import ActionFailed, StopRequested
from playbooks.hosts.scripts.elsewhere import run_there
from playbooks.hosts.scripts.local import Listener, Watch, judge, run_here
from playbooks.hosts.shell import LocalShell


class _Heard:
    """What was said, and a check that stops once a word was heard."""

    def __init__(self, stop_at: str = "") -> None:
        self.text, self._stop_at = "", stop_at

    def say(self, text: str) -> None:
        self.text += text

    def check(self) -> None:
        if self._stop_at and self._stop_at in self.text:
            raise StopRequested("The run was cancelled.")

    def watch(self, seconds: float = 20) -> Watch:
        return Watch("trial", Listener(self.say), self.check, seconds)


def _sh(text: str, heard: _Heard, folder: Path, seconds: float = 20) -> int:
    watch = heard.watch(seconds)
    code = run_here(("sh", "-c", text), folder, watch)
    judge("trial", code, watch.listener)
    return code


def test_output_comes_as_it_is_written(tmp_path: Path) -> None:
    """Both outputs are heard, in their order, and nothing of the bot's environment is there."""
    heard = _Heard()
    os.environ["SLACK_BOT_TOKEN_OF_TEST"] = "Sesame"
    try:
        assert _sh("pwd; echo wrong >&2; echo right; env", heard, tmp_path) == 0
    finally:
        del os.environ["SLACK_BOT_TOKEN_OF_TEST"]
    assert heard.text.startswith(f"{tmp_path}\nwrong\nright\n")
    assert "Sesame" not in heard.text


def test_exit_code_and_last_words_are_told(tmp_path: Path) -> None:
    """A failure says how it ended and what it wrote last."""
    with pytest.raises(ActionFailed, match=r"ended with exit code 3\. It wrote last: .*no space"):
        _sh("echo no space; exit 3", _Heard(), tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "read answer; echo went on",
        "printf 'Continue? [y/N] '; read answer; exit 1",
        f"{sys.executable} -c 'input()'",
        "while true; do read answer || true; echo 'Please answer yes or no.'; done",
        "echo 'sure?' > /dev/tty || exit 1; read a",
    ],
)
def test_who_asks_for_input_is_ended(text: str, tmp_path: Path) -> None:
    """A script that waits for an answer fails at once, and says why."""
    began = time.monotonic()
    with pytest.raises(ActionFailed, match="asks for input"):
        _sh(text, _Heard(), tmp_path)
    assert time.monotonic() - began < 10


def test_cancelling_ends_all_of_its_processes(tmp_path: Path) -> None:
    """Nothing that the script started is left, not even what ignores the first signal."""
    mark = f"interlock-trial-{os.getpid()}"
    text = f"trap '' TERM; sleep 300.{os.getpid()} & echo {mark}; wait; sleep 300"
    with pytest.raises(StopRequested):
        _sh(text, _Heard(stop_at=mark), tmp_path)
    listed = subprocess.run(["ps", "-ef"], capture_output=True, text=True, check=True).stdout
    assert f"sleep 300.{os.getpid()}" not in listed


def test_what_takes_too_long_is_ended(tmp_path: Path) -> None:
    """The time limit holds, and is named."""
    with pytest.raises(ActionFailed, match=r"not done after 0\.5 s"):
        _sh("sleep 60", _Heard(), tmp_path, seconds=0.5)


def test_a_script_that_is_killed_says_so(tmp_path: Path) -> None:
    """Somebody else's signal is told as one."""
    with pytest.raises(ActionFailed, match="ended by signal 9"):
        _sh("echo begun; kill -9 $$", _Heard(), tmp_path)


def test_what_is_left_running_in_the_background_is_not_waited_for(tmp_path: Path) -> None:
    """A script that starts a service and ends is done when it has ended."""
    heard = _Heard()
    assert _sh("sleep 30 & echo $! > pid; echo started", heard, tmp_path) == 0
    pid = int((tmp_path / "pid").read_text())
    os.kill(pid, 0)
    os.kill(pid, 9)
    assert heard.text == "started\n"


def test_elsewhere_the_exit_code_comes_back_and_no_line_of_ours(tmp_path: Path) -> None:
    """The wrapper of other hosts and containers gives code and output as they are."""
    heard = _Heard()
    watch = heard.watch()
    assert (
        run_there(LocalShell(), ("sh", "-c", "echo one; printf two; exit 4"), tmp_path, watch) == 4
    )
    assert heard.text == "one\ntwo"


def test_elsewhere_cancelling_ends_what_runs(tmp_path: Path) -> None:
    """The wrapper passes the end on to the script."""
    text = f"echo begun; sleep 301.{os.getpid()}"
    with pytest.raises(StopRequested):
        run_there(LocalShell(), ("sh", "-c", text), tmp_path, _Heard(stop_at="begun").watch())
    end = time.monotonic() + 8
    while f"sleep 301.{os.getpid()}" in _processes():
        assert time.monotonic() < end, "still there"


def _processes() -> str:
    return subprocess.run(["ps", "-ef"], capture_output=True, text=True, check=True).stdout
