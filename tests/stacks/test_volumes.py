"""Volumes of a small stack by wire and by its playbooks: damaged, removed, restored, compared."""

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bot.workspace.testing import running_workspace
from playbooks.errors import DatastoreError
from playbooks.hosts.containers.helper import PURPOSE_LABEL
from playbooks.model.stack_file import load_stack
from playbooks.operations.drill import DRILL, StackDrillParams
from playbooks.operations.lifecycle import START, LifecycleParams
from tests.support.bot import Bot, interlock_yaml
from tests.support.depot import UPLOADS, depot, inside, tree
from tests.support.docker import Project
from tests.support.run_plan import Bench
from tests.support.runbook import commands, follow, printed
from tests.support.talk import ask, card_in, new_card, payload, press, run_to_the_end, text_of
from tests.support.workspace import Sim

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

_FILL = f"""
cd {UPLOADS}; mkdir -p a/b empty; chown 70:71 . a; chmod 2750 .
echo ahoy > a/ship; ln a/ship a/hard; ln -s ../away a/link; chmod 4755 a/ship
touch -d '2020-01-01' a/ship; echo odd > "$(printf 'b\\303\\274g\\377 line\\n')"
head -c 3000000 /dev/urandom > .hidden
"""
_DAMAGE = f"""
cd {UPLOADS}; printf x | dd of=.hidden bs=1 seek=77 conv=notrunc 2>/dev/null
rm -r a; echo new > new; chmod 700 .
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The depot's containers, running over a volume that has everything awkward in it."""
    with depot(tmp_path_factory.mktemp("depot")) as project:
        project.compose("up", "--detach")
        inside(project, _FILL)
        yield project


@pytest.fixture(scope="module")
def bot(made: Project) -> Iterator[Bot]:
    """A bot that operates it."""
    (made.folder / "interlock.yaml").write_text(json.dumps(interlock_yaml(made.stack_file.name)))
    with (
        running_workspace(made.folder / "workspace", rates=False) as workspace,
        httpx.Client(base_url=workspace.url, timeout=60, trust_env=False) as http,
    ):
        running = Bot(made.folder, Sim(workspace, http))
        running.start()
        try:
            yield running
        finally:
            running.end()


@pytest.fixture(scope="module")
def one_bench(made: Project) -> Bench:
    return Bench(load_stack(made.stack_file))


@pytest.fixture
def bench(one_bench: Bench) -> Bench:
    """Its playbooks, with everything running."""
    one_bench.run(one_bench.plan(START, LifecycleParams()))
    return one_bench


def approved(bot: Bot, text: str, *voters: str) -> str:
    return run_to_the_end(bot, text, voters, seconds=120)


def nothing_left(made: Project) -> bool:
    """No helper with the volume, nothing fetched."""
    listing = ["docker", "ps", "--all", "--quiet", "--filter", f"label={PURPOSE_LABEL}"]
    ours = ["--filter", f"volume={made.name}_uploads"]
    found = subprocess.run([*listing, *ours], check=True, capture_output=True, text=True)
    return not found.stdout and not list((made.folder / "backups").glob(".scratch/*"))


def test_a_changed_byte_and_a_lost_folder_come_back(made: Project, bot: Bot) -> None:
    """Through the approval flow: writers down, content exchanged, all equal; and taken back."""
    whole = tree(made)
    approved(bot, "backup depot uploads", "ben")
    inside(made, _DAMAGE)
    damaged, since = tree(made), made.container("porter").since
    asked = new_card(bot, "restore depot uploads latest")
    said = text_of(asked)
    assert "keeper is down while" in said
    assert "written since the backup will be as in the backup, or gone" in said
    request = payload(asked)["request"]
    for voter in ("ben", "cleo"):
        press(bot.sim, card_in(bot.sim, "pending", request), "approve", voter)
    card_in(bot.sim, "succeeded", request, seconds=120)
    assert tree(made) == whole != damaged
    assert made.container("porter").since != since
    assert f"{UPLOADS}/.interlock-{request}/original" in ask(bot.sim, "backups depot")
    approved(bot, f"restore depot uploads --undo {request}", "ben", "cleo")
    assert tree(made) == damaged
    assert nothing_left(made)


def test_a_volume_that_was_removed_comes_back(made: Project, bot: Bot) -> None:
    """Container and volume are made again by compose, filled, and what was down stays down."""
    inside(made, f"rm -rf {UPLOADS}/* {UPLOADS}/.h* {UPLOADS}/.interlock-*; {_FILL}")
    whole = tree(made)
    approved(bot, "backup depot uploads", "ben")
    made.compose("down", "--volumes", "--timeout", "1")
    asked = text_of(new_card(bot, "restore depot uploads latest"))
    assert "keeper has no container: one is made, with its volumes" in asked
    request = payload(card_in(bot.sim, "pending"))["request"]
    for voter in ("ben", "cleo"):
        press(bot.sim, card_in(bot.sim, "pending", request), "approve", voter)
    card_in(bot.sim, "succeeded", request, seconds=120)
    assert made.container("keeper").status == "created"
    assert tree(made) == whole
    approved(bot, "start depot", "ben")
    assert tree(made) == whole and nothing_left(made)


@pytest.mark.parametrize("point", ["step:extract:in", "step:exchange:effect"])
def test_a_bot_that_is_killed_goes_on(made: Project, bot: Bot, point: str) -> None:
    """In mid-filling, and with the content exchanged and not noted: the next life ends what is
    left of helpers, finishes, and starts what it owes."""
    whole = tree(made)
    approved(bot, "backup depot uploads", "ben")
    inside(made, _DAMAGE)
    bot.stop()
    bot.start(failpoint=point)
    request = payload(new_card(bot, "restore depot uploads latest"))["request"]
    for voter in ("ben", "cleo"):
        press(bot.sim, card_in(bot.sim, "pending", request), "approve", voter)
    assert bot.died(90) == -signal.SIGKILL
    bot.start()
    card_in(bot.sim, "succeeded", request, seconds=120)
    assert tree(made) == whole
    assert {made.container(name).status for name in ("keeper", "porter")} == {"running"}
    assert nothing_left(made)


def test_a_copy_in_use_says_what_it_is_worth(made: Project, bench: Bench) -> None:
    """Without `stops` nothing is interrupted, and plan, manifest and restore say so."""
    since = made.container("keeper").since
    plan = bench.plan_backup("live", "settings")
    assert plan.risk == "READ" and "crash-consistent" in str(plan.shown)
    bench.run(plan)
    entry = bench.outputs["dump.live"]
    assert entry["facts"]["in_use"] == sorted(
        made.container(name).name for name in ("keeper", "porter")
    )
    backup = bench.outputs["publish"]["id"]
    assert "it is crash-consistent" in str(bench.restore_plan(backup, datastore="live").notes)
    assert made.container("keeper").since == since


def test_a_folder_of_the_host_is_restored_beside(made: Project, bench: Bench) -> None:
    """A bind mount; the live content stays as it is until somebody exchanges it."""
    settings = made.folder / "settings"
    (settings / "keeper.conf").write_text("deep = 7\n")
    backup = bench.backup("settings")
    (settings / "keeper.conf").write_text("deep = 0\n")
    work = bench.restore(backup, "beside", "settings")
    assert (settings / "keeper.conf").read_text() == "deep = 0\n"
    beside = settings / f".interlock-{work.run}/restored/keeper.conf"
    assert beside.read_text() == "deep = 7\n"


def test_nothing_is_exchanged_under_who_still_has_it(made: Project, bench: Bench) -> None:
    """A container that the stack file does not name keeps running: the exchange is refused, what
    was unpacked is removed, and the services are up again."""
    backup, before = bench.backup("settings"), tree(made, "/srv/settings")
    plan = bench.restore_plan(backup, datastore="settings")
    shares = ["--volumes-from", made.container("keeper").id, "--label", "stranger"]
    argv = ["docker", "run", "--detach", "--rm", "--init", "--network", "none", *shares]
    image = made.container("keeper").image
    stranger = subprocess.run(
        [*argv, "--entrypoint", "sleep", image, "300"], check=True, capture_output=True, text=True
    ).stdout.strip()
    try:
        with pytest.raises(DatastoreError, match="runs and has /srv/settings of settings mounted"):
            bench.run(plan)
    finally:
        subprocess.run(["docker", "rm", "--force", stranger], check=True, capture_output=True)
    assert tree(made, "/srv/settings") == before
    assert not list((made.folder / "settings").glob(f".interlock-{bench.newest}"))
    assert made.container("keeper").status == "running" and nothing_left(made)


def test_the_runbook_on_paper_restores_it_too(made: Project, bench: Bench, tmp_path: Path) -> None:
    """Its commands, typed into bash, stop the writers, fill, compare, exchange, and start."""
    inside(made, f"chmod 750 {UPLOADS}/a/ship")
    whole = tree(made)
    backup = bench.backup("uploads")
    inside(made, _DAMAGE)
    done = follow(
        commands(printed(bench.stack, bench.restore_plan(backup, datastore="uploads"))), tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert tree(made) == whole
    assert made.container("keeper").status == "running"


def test_a_drill_compares_what_a_fresh_volume_holds(made: Project, bench: Bench) -> None:
    """Nothing of the stack is touched; a backup whose digest is another fails the drill."""
    backup, before = bench.backup("uploads"), tree(made)
    params = StackDrillParams(datastores=("uploads",), backup={"uploads": backup})
    plan = bench.plan(DRILL, params)
    bench.run(plan)
    found = bench.outputs["rehearse.uploads"]
    assert [(check["name"], check["ok"]) for check in found["checks"]] == [
        ("unpacks", True),
        ("contents, owners, modes and times", True),
    ]
    assert tree(made) == before
    left = subprocess.run(
        ["docker", "ps", "--all", "--quiet", "--filter", "label=interlock.drill"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert made.name not in left.stdout


def test_a_big_volume_streams(made: Project, bench: Bench) -> None:
    """300 MB go into the repository and back without passing through memory as a whole."""
    inside(made, f"head -c 300000000 /dev/urandom > {UPLOADS}/big")
    before = _peak()
    backup = bench.backup("live")
    bench.restore(backup, "beside", "live")
    assert _peak() - before < 150_000
    entry = bench.outputs["compare"]
    assert entry["bytes"] >= 300_000_000
    inside(made, f"rm -rf {UPLOADS}/big {UPLOADS}/.interlock-*")


def _peak() -> int:
    """The most memory that this process ever held, in kilobytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    raise AssertionError("no VmHWM")
