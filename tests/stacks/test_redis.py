"""Redis in containers: backed up while it runs, destroyed, restored, taken back."""

import json
import re
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pytest

from playbooks.errors import BadArgument, BrokenBackup, FactUnavailable, StopRequested
from playbooks.hosts.containers import sandbox
from playbooks.hosts.containers.helper import helpers
from playbooks.model.facts import FactQuery
from playbooks.model.stack_file import load_stack
from playbooks.operations.drill import DRILL, StackDrillParams
from playbooks.operations.lifecycle import START, STOP, LifecycleParams
from playbooks.operations.take_in import TAKE_IN, TakeInParams
from playbooks.repository.manifest import parse
from tests.images.build import image
from tests.support.bot import wait_until
from tests.support.docker import REDIS_PASSWORD, Project, require_docker
from tests.support.run_plan import Bench
from tests.support.runbook import commands, follow, printed
from tests.support.work import KnownSecrets, TestWork

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.covers("B1 B8 B11", "RNAC", only="Redis"),
]

_COMPOSE = Path(__file__).parent / "redis" / "compose.yaml"
_SECRETS = KnownSecrets({"env:REDIS_PASSWORD": REDIS_PASSWORD})


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Both servers and their user, started."""
    require_docker()
    folder = tmp_path_factory.mktemp("redis")
    made = Project(f"tide-{uuid.uuid4().hex[:6]}", folder)
    (folder / "compose.yaml").write_text(_COMPOSE.read_text())
    names = {"REDIS_IMAGE": "redis", "APP_IMAGE": "app"}
    settings = {key: image(name) for key, name in names.items()}
    settings["REDIS_PASSWORD"] = REDIS_PASSWORD
    (folder / ".env").write_text("".join(f"{k}={v}\n" for k, v in settings.items()))
    (folder / "plain").mkdir()
    made.stack_file.write_text(json.dumps(_described(made.name)))
    try:
        made.compose("up", "--detach", "--wait")
        yield made
    finally:
        made.compose("down", "--volumes", "--timeout", "2")


def _described(project: str) -> dict[str, Any]:
    healthy = {"health": {"kind": "container"}}
    return {
        "name": "tide",
        "environment": "prod",
        "channel": "ops-tide",
        "compose": {"project": project, "files": ["compose.yaml"], "env_files": [".env"]},
        "services": {
            "cache": healthy,
            "plain": healthy,
            "worker": {**healthy, "needs": ["cache", "plain"]},
        },
        "datastores": {
            "cache": {"kind": "redis", "service": "cache", "password": "env:REDIS_PASSWORD"},
            "plain": {"kind": "redis", "service": "plain"},
        },
        "backup": {"repository": "backups", "incoming": "incoming"},
    }


@pytest.fixture(scope="module")
def one_bench(harness: Project) -> Bench:
    return Bench(load_stack(harness.stack_file), _SECRETS)


@pytest.fixture
def bench(harness: Project, one_bench: Bench) -> Iterator[Bench]:
    """Empty servers before; nothing of ours is left after."""
    for name in ("cache", "plain"):
        say(harness, name, "FLUSHALL")
    yield one_bench
    assert not left(harness), "a helper or a pinned snapshot was left"


def say(harness: Project, service: str, *words: str) -> str:
    """What the server answers, once it answers."""

    def answers() -> bool:
        return "PONG" in harness.in_container(service, "sh", "-c", "redis-cli ping || true")

    wait_until(answers, f"{service} to answer")
    return harness.in_container(service, "redis-cli", "-e", *words).strip()


def everything(harness: Project, service: str) -> str:
    """One hash over every key and its content in all databases, and how many there are."""
    keys = say(harness, service, "INFO", "keyspace")
    counted = re.findall(r"db(\d+):keys=(\d+),expires=(\d+)", keys)
    return f"{counted} {say(harness, service, 'DEBUG', 'DIGEST')}"


# Everything that hurts but size.
_FILL = """
for n = 1, 3000 do redis.call('SET', 'k' .. n, string.rep('x', n % 50)) end
local bytes = {}
for b = 0, 255 do bytes[#bytes + 1] = string.char(b) end
redis.call('SET', table.concat(bytes), string.reverse(table.concat(bytes)))
redis.call('SET', 'Grüße, «ß» 漢字', 'ünïcode\\r\\n')
redis.call('SET', '', 'an empty name')
redis.call('SET', 'with an end', 'gone in a day', 'EX', 86400)
for n = 1, 500 do redis.call('XADD', 'stream', n .. '-1', 'n', n, 'said', 'a\\r\\nb\\0c') end
redis.call('XGROUP', 'CREATE', 'stream', 'readers', '0')
redis.call('XREADGROUP', 'GROUP', 'readers', 'ana', 'COUNT', 10, 'STREAMS', 'stream', '>')
redis.call('ZADD', 'sorted', -1.5, 'low', 2e300, 'high')
redis.call('HSET', 'hash', 'a', '1', 'b', '\\255\\254')
for n = 1, 200 do redis.call('RPUSH', 'list', n) end
redis.call('SADD', 'set', 'one', 'two')
redis.call('SELECT', 12)
redis.call('SET', 'in twelve', '12')
"""
# A megabyte that compresses badly, a hundred times.
_LARGE = """
local bytes = {}
for n = 1, 1000000 do bytes[n] = string.char((n * n * 31 + n * 7) % 251) end
local block = table.concat(bytes)
for n = 1, 100 do redis.call('APPEND', 'large', block .. n) end
return redis.call('STRLEN', 'large')
"""


def fill(harness: Project, service: str) -> None:
    say(harness, service, "EVAL", _FILL, "0")


def left(harness: Project) -> list[str]:
    """Helpers of anybody over our volumes, and pinned snapshots."""
    ours = {f"{harness.container(name).name}" for name in ("cache", "plain")}
    found = [each for each in helpers() if _borrows(each, ours)]
    for name in ("cache", "plain"):
        names = harness.in_container(name, "ls", "-A", "/data").split()
        found += [each for each in names if each.endswith(".rdb") and each.startswith(".")]
    return found


def _borrows(helper: str, ours: set[str]) -> bool:
    shown = subprocess.run(
        ["docker", "inspect", "--format", "{{json .Mounts}}", helper],
        capture_output=True,
        text=True,
        check=False,
    )
    return any(name.rsplit("-", 2)[0] in shown.stdout for name in ours)


def restarted(harness: Project, service: str) -> None:
    harness.compose("restart", service)


@pytest.mark.parametrize("service", ["cache", "plain"])
def test_what_was_flushed_comes_back_and_the_undo_too(
    harness: Project, bench: Bench, service: str
) -> None:
    """With an append-only file and a password, and with neither: equal after two restarts; what
    the restore replaced comes back by its undo, and the undo can be taken back."""
    fill(harness, service)
    whole = everything(harness, service)
    since = harness.container(service).since
    backup = bench.backup(service)
    assert harness.container(service).since == since, "a backup interrupts nothing"
    say(harness, service, "FLUSHALL")
    say(harness, service, "-n", "3", "SET", "written afterwards", "3")
    damaged = everything(harness, service)
    user = harness.container("worker").since

    plan = bench.restore_plan(backup, datastore=service)
    assert any("1 key now, 0 in the backup" in line for line in plan.loses)
    assert any("0 keys now" in line and "3," in line for line in plan.loses)
    work = bench.run(plan)
    assert everything(harness, service) == whole != damaged
    assert harness.container("worker").since != user
    for _ in range(2):
        restarted(harness, service)
        assert everything(harness, service) == whole

    bench.restore(work.run, "undo", service)
    assert everything(harness, service) == damaged
    again = bench.restore_plan(work.run, "undo", service)
    bench.run(again)
    assert everything(harness, service) == whole


def test_a_value_of_100_mb_and_streams_keep_their_groups(harness: Project, bench: Bench) -> None:
    """As large as a value gets, with pending entries of a consumer group beside it."""
    assert int(say(harness, "cache", "EVAL", _LARGE, "0")) > 100_000_000
    fill(harness, "cache")
    whole = everything(harness, "cache")
    backup = bench.backup("cache")
    say(harness, "cache", "DEL", "large", "stream")
    bench.restore(backup, datastore="cache")
    assert everything(harness, "cache") == whole
    pending = say(harness, "cache", "XPENDING", "stream", "readers").splitlines()
    assert pending == ["10", "1-1", "10-1", "ana", "10"]


def test_an_empty_server_is_backed_up_and_restored(harness: Project, bench: Bench) -> None:
    """No keys are a state as well: everything written since is gone, and nothing else happens."""
    empty = everything(harness, "cache")
    backup = bench.backup("cache")
    say(harness, "cache", "SET", "too much", "1")
    bench.restore(backup, datastore="cache")
    assert everything(harness, "cache") == empty
    restarted(harness, "cache")
    assert everything(harness, "cache") == empty


def test_beside_leaves_the_live_data_alone(harness: Project, bench: Bench) -> None:
    """The copy is loaded and counted, and stays; an undo of it is refused: it replaced nothing."""
    fill(harness, "cache")
    backup = bench.backup("cache")
    say(harness, "cache", "SET", "later", "1")
    live, since = everything(harness, "cache"), harness.container("cache").since
    work = bench.restore(backup, "beside", "cache")
    assert everything(harness, "cache") == live
    assert harness.container("cache").since == since
    side = f"/data/.interlock-{work.run}/restored"
    assert "dump.rdb" in harness.in_container("cache", "ls", side)
    query = FactQuery(fact="redis.copies", args={"datastore": "cache"})
    listed = bench.read([query]).of(query)["copies"][0]
    assert (listed["run"], listed["path"], listed["role"]) == (work.run, side, "beside")
    assert listed["bytes"] > 0
    with pytest.raises(BadArgument, match="it replaced nothing"):
        bench.restore_plan(work.run, "undo", "cache")
    with pytest.raises(FactUnavailable, match="kept no copy"):
        bench.restore_plan("nosuch", "undo", "cache")


def test_a_changed_snapshot_is_refused_before_anything_stops(
    harness: Project, bench: Bench
) -> None:
    """What redis-check-rdb, or the count, does not like never gets near the live data."""
    fill(harness, "cache")
    backup = bench.backup("cache")
    live, since = everything(harness, "cache"), harness.container("cache").since
    plan = bench.restore_plan(backup, datastore="cache")

    def spoil(step: Any) -> None:
        if step.key == "lay":
            [fetched] = harness.folder.glob("backups/.scratch/*/cache/cache.rdb")
            content = bytearray(fetched.read_bytes())
            content[len(content) // 2] ^= 0xFF
            fetched.write_bytes(bytes(content))

    with pytest.raises(BrokenBackup, match="redis-check-rdb refuses"):
        bench.run(plan, before=spoil)
    assert everything(harness, "cache") == live
    assert harness.container("cache").since == since
    holders = harness.in_container("cache", "ls", "-A", "/data")
    assert f".interlock-{bench.newest}" not in holders


def test_a_cancelled_trial_leaves_nothing(harness: Project, bench: Bench) -> None:
    """No helper, no folder, and the live server never stopped."""
    fill(harness, "cache")
    backup = bench.backup("cache")
    live, since = everything(harness, "cache"), harness.container("cache").since
    made = bench.work()
    work = _Cancelled(**{each.name: getattr(made, each.name) for each in _FIELDS})
    with pytest.raises(StopRequested):
        bench.run(bench.restore_plan(backup, datastore="cache"), work)
    assert everything(harness, "cache") == live
    assert harness.container("cache").since == since
    assert f".interlock-{work.run}" not in harness.in_container("cache", "ls", "-A", "/data")


@dataclass
class _Cancelled(TestWork):
    """Cancelled in the step that tries the snapshot out."""

    __test__ = False

    def check_stop(self) -> None:
        if self.step == "try":
            raise StopRequested(f"{self.run} was cancelled.")


_FIELDS = fields(TestWork)


def test_a_server_that_does_not_run_is_restored_and_stays_stopped(
    harness: Project, bench: Bench
) -> None:
    """Its append-only file is cut in the middle, so it could not start; what it held is kept."""
    fill(harness, "cache")
    whole = everything(harness, "cache")
    backup = bench.backup("cache")
    bench.run(bench.plan(STOP, LifecycleParams(service="cache")))
    spoiled = 'for f in /data/appendonlydir/*base.rdb; do printf XXXX > "$f"; done'
    volume = f"{harness.name}_cache:/data"
    run = ["docker", "run", "--rm", "--network", "none", "-v", volume, "--entrypoint", "sh"]
    subprocess.run([*run, image("redis"), "-c", spoiled], check=True)
    with pytest.raises(FactUnavailable, match="does not run"):
        bench.plan_backup("cache")
    plan = bench.restore_plan(backup, datastore="cache")
    assert any("does not run" in note for note in plan.notes)
    bench.run(plan)
    assert harness.container("cache").status == "exited"
    bench.run(bench.plan(START, LifecycleParams()))
    assert everything(harness, "cache") == whole


def test_the_password_is_on_no_command_line(harness: Project, bench: Bench) -> None:
    """Neither in the journal of the plan nor in what is executed in the container."""
    fill(harness, "cache")
    plan = bench.plan_backup("cache")
    bench.run(plan)
    backup = str(bench.outputs["publish"]["id"])
    runbook = printed(bench.stack, bench.restore_plan(backup, datastore="cache"))
    manifest = (harness.folder / "backups" / "tide" / backup / "manifest.json").read_bytes()
    assert REDIS_PASSWORD not in plan.model_dump_json()
    assert REDIS_PASSWORD not in runbook
    assert REDIS_PASSWORD.encode() not in manifest
    facts = parse(manifest, backup).store("cache").facts
    assert facts["layout"]["aof"] is True and facts["layout"]["databases"] == 40
    assert facts["keys"]["12"] == {"keys": 1, "expires": 0} and facts["exact"] is True


def test_the_runbook_on_paper_restores_it_too(
    harness: Project, bench: Bench, tmp_path: Path
) -> None:
    """Its commands, typed into bash, back up, try out in a throwaway server, exchange, start."""
    fill(harness, "cache")
    whole = everything(harness, "cache")
    backup = bench.backup("cache")
    say(harness, "cache", "FLUSHALL")
    runbook = printed(bench.stack, bench.restore_plan(backup, datastore="cache"))
    done = follow(commands(runbook), tmp_path, {"REDIS_PASSWORD": REDIS_PASSWORD})
    assert done.returncode == 0, done.stderr
    assert everything(harness, "cache") == whole
    restarted(harness, "cache")
    assert everything(harness, "cache") == whole


def test_a_drill_loads_it_elsewhere(harness: Project, bench: Bench) -> None:
    """In a throwaway container: every database counted, an append-only file written and read."""
    fill(harness, "cache")
    backup = bench.backup("cache")
    live = everything(harness, "cache")
    params = StackDrillParams(datastores=("cache",), backup={"cache": backup})
    work = bench.run(bench.plan(DRILL, params))
    rehearsed = bench.outputs["rehearse.cache"]
    assert {check["name"]: check["ok"] for check in rehearsed["checks"]} == {
        "redis-check-rdb": True,
        "keys": True,
        "db0": True,
        "db12": True,
        "append-only file": True,
    }
    assert rehearsed["seconds"] > 0 and everything(harness, "cache") == live
    assert not sandbox.clear(work.run), "the drill has cleared up after itself"


def test_a_snapshot_from_elsewhere_becomes_a_backup(harness: Project, bench: Bench) -> None:
    """A bare dump.rdb: loaded where nobody uses it, counted, and restored as any backup; a cut
    one, and one for another kind of datastore, are refused."""
    fill(harness, "plain")
    say(harness, "plain", "SAVE")
    whole = everything(harness, "plain")
    brought = harness.folder / "incoming" / "from-elsewhere"
    brought.parent.mkdir(exist_ok=True)
    content = (harness.folder / "plain" / "dump.rdb").read_bytes()
    brought.write_bytes(content)
    bench.run(bench.plan(TAKE_IN, TakeInParams(datastore="cache", path=str(brought))))
    facts = bench.outputs["adopt"]["facts"]
    assert facts["keys"]["12"] == {"keys": 1, "expires": 0} and facts["exact"] is True
    bench.restore(bench.outputs["publish"]["id"], datastore="cache")
    assert everything(harness, "cache") == whole

    brought.write_bytes(content[:-20])
    with pytest.raises(BrokenBackup, match="redis-check-rdb refuses"):
        bench.run(bench.plan(TAKE_IN, TakeInParams(datastore="cache", path=str(brought))))
    brought.write_bytes(b"PGDMP" + content)
    with pytest.raises(BadArgument, match="is for a datastore of kind postgres"):
        bench.plan(TAKE_IN, TakeInParams(datastore="cache", path=str(brought)))
    with pytest.raises(FactUnavailable, match="is not below"):
        bench.plan(TAKE_IN, TakeInParams(datastore="cache", path="/etc/hostname"))
