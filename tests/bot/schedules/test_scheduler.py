"""Schedules: each fire asked for once, whoever is killed, paused, late or many."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest

from bot.engine.dispatch import dispatch
from commands.ports import Asking, Dossier
from playbooks.datastores.protocol import BackupParams, RestoreParams
from playbooks.errors import Refused, UnknownName
from playbooks.model.people import Actor
from playbooks.model.request import RequestState, RunState
from tests.support import yard
from tests.support.lives import KILLED
from tests.support.nights import NIGHT, Clock, Night, Setting, life, night, nights
from tests.support.postgres import Server
from tests.support.story import PEOPLE, until

FIRST = "sched:harbor/nightly:2026-11-22"
SECONDS = timedelta(seconds=2)


@pytest.fixture(params=["sqlite", "postgresql"])
def setting(request: pytest.FixtureRequest, tmp_path: Path) -> Setting:
    """A harbor on either database."""
    url = None
    if request.param == "postgresql":
        server: Server = request.getfixturevalue("postgres_server")
        url = server.url(request.getfixturevalue("database"))
    return Setting(tmp_path, url)


@pytest.fixture
def evening(tmp_path: Path) -> Iterator[Night]:
    """A night on SQLite that was seen to begin."""
    with night(Setting(tmp_path)) as one:
        one.scheduler.turn()
        yield one


def first(one: Night) -> Dossier:
    """The request of the first fire."""
    with one.house.database.read() as connection:
        rows = connection.exec_driver_sql("SELECT id FROM requests WHERE once IS NOT NULL")
        return one.house.history.dossier(rows.scalars().one())


def test_a_fire_makes_one_request(setting: Setting) -> None:
    """Before its time nothing, at its time one request that needs nobody; later rounds add none."""
    with night(setting) as one:
        one.scheduler.turn()
        one.at(NIGHT - SECONDS)
        assert one.requests() == []
        one.at(NIGHT)
        one.scheduler.turn()
        one.at(nights(0))
        assert one.requests() == [FIRST]
        request = first(one).request
        assert request.state is RequestState.APPROVED
        assert (request.origin, request.requester) == ("schedule", "schedule nightly")
        assert request.plan.params["origin"] == "scheduled"
        one.at(nights(1))
        assert len(one.requests()) == 2


def test_two_schedulers_on_one_postgresql(
    postgres_server: Server, database: str, tmp_path: Path
) -> None:
    """Four bots see the same five fires at the same moments: five requests, none twice."""
    setting = Setting(tmp_path, postgres_server.url(database))
    clock, everybody = Clock(), Barrier(4, timeout=30)
    with (
        night(setting, clock) as one,
        night(setting, clock) as two,
        night(setting, clock) as three,
        night(setting, clock) as four,
        ThreadPoolExecutor(4) as threads,
    ):
        bots = (one, two, three, four)
        one.scheduler.turn()

        def live(bot: Night) -> None:
            everybody.wait()
            bot.scheduler.turn()

        for count in range(5):
            clock.turn_to(NIGHT + timedelta(days=count))
            list(threads.map(live, bots))
        assert len(one.requests()) == len(set(one.requests())) == 5
        assert [state for state, _ in one.fires().values()] == ["asked"] * 5


@pytest.mark.parametrize("failpoint", ["schedule:noted", "schedule:asked"])
@pytest.mark.parametrize("catch_up", ["once", "none"])
def test_killed_between_fire_and_request(setting: Setting, failpoint: str, catch_up: str) -> None:
    """kill -9 after the fire was noted, or asked for: the next life completes it, once, although
    it is late by then."""
    setting.more["catch_up"] = catch_up
    assert life(setting, [NIGHT - SECONDS, NIGHT], failpoint) == KILLED
    assert life(setting, [nights(0)]) == 0
    words = json.loads((setting.folder / "last-words.json").read_text())
    assert words["requests"] == [FIRST]
    assert words["fires"] == {"2026-11-22": ["asked", ""]}


@pytest.mark.parametrize(
    ("catch_up", "asked"),
    [
        ("once", ["2026-11-24"]),
        ("none", []),
        ("all", ["2026-11-22", "2026-11-23", "2026-11-24"]),
    ],
)
def test_missed_while_down(tmp_path: Path, catch_up: str, asked: list[str]) -> None:
    """Three nights without a bot: made up for by policy; what is left out says why."""
    with night(Setting(tmp_path, more={"catch_up": catch_up})) as one:
        one.scheduler.turn()
        one.at(nights(2))
        assert one.requests() == [f"sched:harbor/nightly:{day}" for day in asked]
        skipped = [why for state, why in one.fires().values() if state == "skipped"]
        assert len(skipped) == 3 - len(asked)
        assert all("missed while Interlock was down" in why for why in skipped)


def test_a_new_schedule_makes_up_for_nothing(tmp_path: Path) -> None:
    """What was never seen before begins now."""
    with night(Setting(tmp_path)) as one:
        one.at(nights(7))
        assert one.requests() == []


def test_paused_and_resumed(evening: Night) -> None:
    """While paused fires are skipped with the reason; once resumed the next one comes; audited."""
    ben = evening.house.access.actor(PEOPLE["ben"])
    assert evening.timetable.pause(evening.stack, "nightly", ben, "new disks")
    assert not evening.timetable.pause(evening.stack, "nightly", ben, "again")
    evening.at(nights(0))
    state, why = evening.fires()["2026-11-22"]
    assert state == "skipped"
    assert "paused by ben" in why
    assert "new disks" in why
    assert "paused by ben" in evening.timetable.of(evening.stack)[0].paused
    assert evening.timetable.resume(evening.stack, "nightly", ben)
    assert not evening.timetable.resume(evening.stack, "nightly", ben)
    evening.at(nights(1))
    assert evening.requests() == ["sched:harbor/nightly:2026-11-23"]
    kinds = [entry.kind for entry in evening.house.history.audit(limit=100)]
    assert kinds.count("schedule.paused") == kinds.count("schedule.resumed") == 1
    assert len(evening.said("schedule:harbor/nightly:paused")) == 1
    with pytest.raises(UnknownName):
        evening.timetable.pause(evening.stack, "weekly", ben, "")


def test_a_schedule_may_only_ask_where_it_is_named(evening: Night) -> None:
    """Its permission comes from the stack file: to ask there, nothing else; another name is
    refused and audited."""
    access = evening.house.access
    schedule = Actor(slack="schedule nightly", schedule="harbor/nightly")
    assert access.may(schedule, "ask", evening.stack)
    for permission in ("read", "approve", "break_glass", "audit"):
        assert not access.may(schedule, permission, evening.stack)  # type: ignore[arg-type]
    stranger = Actor(slack="schedule weekly", schedule="harbor/weekly")
    plan = evening.house.gate.plan("backup", evening.stack, BackupParams(datastores=("uploads",)))
    with pytest.raises(Refused):
        evening.house.gate.ask(plan, Asking(actor=stranger, channel="C", typed=""))
    assert evening.house.history.audit()[0].kind == "access.refused"


@pytest.mark.parametrize(
    ("named", "state"), [(True, RequestState.APPROVED), (False, RequestState.PENDING)]
)
def test_policy_decides_about_approvals(tmp_path: Path, named: bool, state: RequestState) -> None:
    """Where policy wants an approval, a scheduled backup waits for it like any other; a rule that
    names the operation lets it run by itself."""
    rules: list[dict[str, object]] = [{"risk": "READ", "approvals": 1, "from": ["approver"]}]
    if named:
        rules.insert(0, {"risk": "READ", "operation": "backup", "approvals": 0})
    with night(Setting(tmp_path, policy=yard.policy(policy=rules))) as one:
        one.scheduler.turn()
        one.at(NIGHT)
        assert first(one).request.state is state


def test_refused_is_said_once(tmp_path: Path) -> None:
    """No rule allows backups: the fire fails at once, the channel and the audit know why."""
    with night(Setting(tmp_path, policy=yard.policy(policy=[]))) as one:
        one.scheduler.turn()
        one.at(NIGHT)
        one.scheduler.turn()
        assert one.fires()["2026-11-22"][0] == "failed"
        [said] = one.said(f"{FIRST}:failed")
        assert "No policy rule fits backup" in said


def test_what_cannot_be_planned_is_tried_again(evening: Night) -> None:
    """A folder that is away for three minutes delays the backup; away for longer, it is said."""
    uploads = Path(str(evening.stack.datastores["uploads"].path))  # type: ignore[union-attr]
    away = uploads.rename(uploads.with_name("away"))
    evening.at(NIGHT)
    assert evening.fires()["2026-11-22"][0] == "begun"
    away.rename(uploads)
    evening.at(NIGHT + timedelta(minutes=3))
    assert evening.requests() == [FIRST]
    uploads.rename(away)
    evening.at(nights(1))
    evening.at(nights(1) + timedelta(minutes=11))
    assert evening.fires()["2026-11-23"][0] == "failed"
    assert len(evening.said("sched:harbor/nightly:2026-11-23:failed")) == 1


def test_a_restore_displaces_a_scheduled_backup_that_waits(evening: Night) -> None:
    """A backup runs, the scheduled one waits behind it; a restore that comes then takes its place,
    the scheduled one ends with the reason, and the next night's comes."""
    house = evening.house
    running = _asked(evening, "backup", BackupParams(datastores=("uploads",)))
    dispatch(evening.equipment)
    evening.at(NIGHT)
    waiting = first(evening)
    dispatch(evening.equipment)
    assert _state(evening, waiting) is RunState.QUEUED
    restore = _restore(evening)
    dispatch(evening.equipment)
    after = house.history.dossier(waiting.request.id)
    assert after.run is not None
    assert after.run.state is RunState.CANCELLED
    assert restore.request.id in after.run.outcome
    assert _state(evening, running) is RunState.RUNNING
    assert _state(evening, restore) is RunState.QUEUED
    evening.at(nights(1))
    assert len(evening.requests()) == 2


async def test_a_scheduled_backup_runs_to_its_end(tmp_path: Path) -> None:
    """With the engine at work, the fire becomes a backup of origin `scheduled`, and the timetable
    shows what ran and what comes next."""
    with night(Setting(tmp_path)) as one:
        one.scheduler.turn()
        one.at(NIGHT)
        await one.house.engine.start()
        try:
            done = await until(one.house, first(one).request.id)
        finally:
            await one.house.engine.stop()
        assert done.run is not None
        assert done.run.state is RunState.SUCCEEDED
        manifests = list((tmp_path / "backups").glob("harbor/*/manifest.json"))
        assert [json.loads(m.read_text())["origin"] for m in manifests] == ["scheduled"]
        [shown] = one.timetable.of(one.stack)
        assert shown.next_at == NIGHT + timedelta(days=1)
        assert shown.last is not None
        assert shown.last.request == done.request.id


def _asked(one: Night, operation: str, params: BackupParams) -> Dossier:
    plan = one.house.gate.plan(operation, one.stack, params)
    actor = one.house.access.actor(PEOPLE["ana"])
    return one.house.gate.ask(plan, Asking(actor=actor, channel="C", typed=operation))


def _restore(one: Night) -> Dossier:
    """A restore that conflicts with every backup of the store, approved by two."""
    plan = one.house.gate.plan("backup", one.stack, BackupParams(datastores=("uploads",)))
    params = RestoreParams(datastore="uploads", backup="20261101-000000-abcdef")
    plan = plan.model_copy(
        update={"operation": "restore", "params": params.model_dump(mode="json")}
    )
    actor = one.house.access.actor(PEOPLE["ana"])
    return one.house.gate.ask(plan, Asking(actor=actor, channel="C", typed="restore"))


def _state(one: Night, dossier: Dossier) -> RunState:
    run = one.house.history.dossier(dossier.request.id).run
    assert run is not None
    return run.state
