import json
import os
import signal
import socket
from pathlib import Path

import pytest

from bot.demo.alone import alone
from bot.demo.errors import DemoError
from bot.demo.files import write_files
from bot.demo.keeper import Keeper
from bot.demo.places import Places, read_json, write_whole
from bot.demo.ports import is_free, kept_ports
from bot.demo.stopping import Ended, heard_signals
from bot.demo.web import page
from bot.settings import InterlockFile
from bot.workspace.seed import read_seed
from bot.workspace.settings import SHIPPED_SEED
from playbooks.errors import HostError
from playbooks.model.maintenance import FlagFile
from playbooks.model.plan import Plan, Risk
from playbooks.model.stack_file import load_model, load_stack
from tests.support.demo import until

PORTS = {"postgres": 50001, "api": 50002, "web": 50003, "bot": 50004}


def test_ports_are_kept_and_replaced_when_taken(tmp_path: Path) -> None:
    """Chosen once, distinct, kept; a stranger's port is replaced unless our own part has it."""
    file = tmp_path / "ports.json"
    first = kept_ports(file, {"api": False, "web": False})
    assert first["api"] != first["web"]
    assert kept_ports(file, {"api": False, "web": False}) == first
    with socket.create_server(("127.0.0.1", first["api"])):
        assert not is_free(first["api"])
        assert kept_ports(file, {"api": True, "web": False}) == first
        second = kept_ports(file, {"api": False, "web": False})
    assert second["api"] != first["api"]
    assert second["web"] == first["web"]
    assert read_json(file) == second


def test_the_written_files_are_good(tmp_path: Path) -> None:
    """Both files load strictly; the policy says 0, 1 and 2; an edited policy is left alone."""
    places = Places(tmp_path)
    assert write_files(places, PORTS, read_seed(SHIPPED_SEED))
    assert not write_files(places, PORTS, read_seed(SHIPPED_SEED))
    stack = load_stack(places.stack_file)
    assert {name for name, service in stack.services.items() if service.managed} == {"api", "web"}
    assert stack.users_of("postgres") == ("api",)
    assert not stack.thresholds["down"].lasting, "within a minute is promised to strangers"
    assert stack.maintenance is not None
    assert stack.maintenance.switch == FlagFile(kind="file", path=places.notice)
    policy = load_model(places.interlock_file, InterlockFile)
    assert policy.channel("ops-harbor") == "C0OPSHARBOR"
    assert {name: entry.slack for name, entry in policy.people.items()}["ana"] == "U0ANA"
    needed = {}
    for risk in Risk:
        plan = Plan(
            operation="x", stack="harbor", environment="prod", summary="", risk=risk, params={}
        )
        rule = policy.rule_for(plan)
        assert rule is not None
        needed[risk] = rule.approvals
    assert needed == {Risk.READ: 0, Risk.CHANGE: 1, Risk.DESTROY: 2}
    places.interlock_file.write_text("# mine\n")
    assert write_files(places, {**PORTS, "api": 50005}, read_seed(SHIPPED_SEED))
    assert places.interlock_file.read_text() == "# mine\n"
    assert load_stack(places.stack_file).services["api"].ports == (50005,)


def test_one_supervisor_a_folder(tmp_path: Path) -> None:
    """A second one is refused with the first one's process; the lock ends with the block."""
    with (
        alone(Places(tmp_path)),
        pytest.raises(DemoError, match=f"process {os.getpid()}"),
        alone(Places(tmp_path)),
    ):
        raise AssertionError("two supervisors in one folder")
    with alone(Places(tmp_path)):
        assert (tmp_path / "demo.lock").read_text() == f"{os.getpid()}\n"


def test_a_keeper_restarts_ever_more_slowly() -> None:
    """A part that keeps dying is started again after pauses that double, and it is told."""
    told: list[str] = []
    starts: list[int] = []

    def start() -> None:
        starts.append(1)
        if len(starts) == 2:
            raise HostError("it ended at once.")

    keeper = Keeper("The bot", lambda: False, start, told.append, pause=0.01)
    until("three starts", lambda: keeper.tick() is None or len(starts) >= 3, seconds=10)
    assert keeper.pause == pytest.approx(0.08)
    assert told[0] == "The bot is gone; it is started again in 0.01 s."
    assert "The bot does not start: it ended at once." in told


def test_a_keeper_leaves_alone_what_runs() -> None:
    """Nothing is started while the part is up."""
    keeper = Keeper("The bot", lambda: True, lambda: pytest.fail("started"), pytest.fail)
    assert not keeper.tick()


def test_signals_are_obeyed_at_the_next_safe_place() -> None:
    """A signal interrupts nothing; the next check ends it, and afterwards all is as before."""
    before = signal.getsignal(signal.SIGTERM)
    with heard_signals() as stopping:
        stopping.check()
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(Ended):
            stopping.pause(10)
    assert signal.getsignal(signal.SIGTERM) is before


def test_files_are_replaced_whole(tmp_path: Path) -> None:
    """Nobody but the owner reads them, and a cut one reads as empty."""
    path = tmp_path / "demo.json"
    write_whole(path, json.dumps({"a": 1}))
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_json(path) == {"a": 1}
    path.write_text('{"a": ')
    assert read_json(path) == {}
    assert read_json(tmp_path / "none.json") == {}


def test_the_page_says_that_the_harbor_is_under_maintenance(tmp_path: Path) -> None:
    """While the file is there, with the end; what somebody typed is no markup."""
    file, nowhere = tmp_path / "maintenance.json", "http://127.0.0.1:1"
    assert 'class="notice"' not in page(nowhere, file).text
    file.write_text(json.dumps({"message": "We move <berths>", "until": "2026-11-22T23:00:27Z"}))
    assert "We move &lt;berths&gt;, until 23:00 UTC" in page(nowhere, file).text
