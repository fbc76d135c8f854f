"""Runs, from the claim to every kind of ending."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.engine.carried import Equipment
from bot.engine.chores import Chores
from bot.engine.failpoints import Failpoints
from bot.store.tables import locks, outbox
from commands.ports import Dossier
from playbooks.errors import InterlockError, Refused
from playbooks.model.request import RequestState, RunState
from tests.support import yard
from tests.support.house import House
from tests.support.postgres import Server
from tests.support.story import PEOPLE, approved, ask, opened, state_of, until, vote

_END_THE_LOCK = (
    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """Our database: the default SQLite file, or one of a real PostgreSQL."""
    if request.param == "sqlite":
        yield None
        return
    server: Server = request.getfixturevalue("postgres_server")
    yield server.url(request.getfixturevalue("database"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return yard.new_yard(tmp_path)


@asynccontextmanager
async def working(folder: Path, url: str | None = None) -> AsyncIterator[House]:
    with opened(folder, url) as house:
        await house.engine.start()
        try:
            yield house
        finally:
            await house.engine.stop()


def held(house: House) -> int:
    with house.database.read() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(locks)).scalar_one())


def said(house: House) -> dict[str, str]:
    with house.database.read() as connection:
        rows = connection.execute(sa.select(outbox)).all()
    return {row.key: row.body["text"] for row in rows}


def settle(house: House, dossier: Dossier, decision: str, who: str = "ben") -> None:
    house.gate.settle(dossier.request.id, house.access.actor(PEOPLE[who]), decision)  # type: ignore[arg-type]


async def test_an_approved_plan_runs_to_its_end(folder: Path, url: str | None) -> None:
    """Every step runs once, the card ends in the truth, the locks are free."""
    async with working(folder, url) as house:
        dossier = await until(house, approved(house).request.id)
        run = dossier.request.id
        assert state_of(dossier) == "succeeded", dossier.run
        assert yard.live(folder, run) == "new"
        assert set(yard.effects(folder).values()) == {1}
        assert held(house) == 0
        assert f"run:{run}:finished" in said(house)
        assert house.history.dossier(run).estimate_seconds is not None


async def test_a_plan_without_approvals_runs_at_once(folder: Path) -> None:
    """READ needs nobody: asking is enough."""
    async with working(folder) as house:
        dossier = ask(house, risk="READ")
        assert dossier.request.state is RequestState.APPROVED
        assert state_of(await until(house, dossier.request.id)) == "succeeded"


async def test_a_success_with_a_warning_says_it(folder: Path) -> None:
    """What went wrong without stopping the run is its outcome, and stands in the message."""
    (folder / "warning").write_text("The spare key is missing.")
    async with working(folder) as house:
        dossier = await until(house, approved(house).request.id)
        assert state_of(dossier) == "succeeded"
        assert dossier.run and dossier.run.outcome == "The spare key is missing."
        with house.database.read() as connection:
            finished = f"run:{dossier.request.id}:finished"
            rows = connection.execute(sa.select(outbox).where(outbox.c.key == finished)).all()
        assert "The spare key is missing." in str(rows[0].body["blocks"])


async def test_a_failure_before_the_swap_is_undone(folder: Path, url: str | None) -> None:
    """What was begun is undone in reverse, what is owed is paid, nothing of the live data moved."""
    async with working(folder, url) as house:
        dossier = await until(house, approved(house, fails="b").request.id)
        assert state_of(dossier) == "undone"
        assert dossier.run and "does not fit" in dossier.run.outcome
        assert yard.live(folder, dossier.request.id) == "old"
        assert sorted(p.name for p in folder.glob("[abcd]-*")) == []
        assert held(house) == 0


async def test_a_failure_in_the_swap_stage_swaps_back_and_opens_again(folder: Path) -> None:
    """The swap stage itself can still be taken back; the closed service is owed and opened."""
    async with working(folder) as house:
        dossier = await until(house, approved(house, fails="c").request.id)
        assert state_of(dossier) == "undone"
        assert yard.live(folder, dossier.request.id) == "old"
        assert (folder / "open").exists()
        assert yard.effects(folder)["unswap"] == 1


async def test_an_undo_that_fails_says_what_is_left(folder: Path) -> None:
    """The run has failed, and its outcome names the step that a person must look at."""
    async with working(folder) as house:
        dossier = await until(house, approved(house, fails="c", fails_undo="a").request.id)
        assert state_of(dossier) == "failed"
        assert dossier.run and "Put a" in dossier.run.outcome
        assert (folder / "open").exists()


@pytest.mark.parametrize("decision", ["retry", "accept", "abort"])
async def test_past_the_point_of_no_return_a_person_is_asked(folder: Path, decision: str) -> None:
    """An idempotent step is retried, then asked about; good data is never thrown back."""
    async with working(folder) as house:
        dossier = await until(house, approved(house, fails="open").request.id)
        run = dossier.request.id
        assert state_of(dossier) == "uncertain"
        assert dossier.run and dossier.run.uncertain_step == "open"
        assert held(house) == 1
        assert f"run:{run}:uncertain:1" in said(house)
        settle(house, dossier, decision)
        dossier = await until(
            house, run, lambda d: d.run is not None and d.run.attempt == 2 and resting_again(d)
        )
        expected = {"retry": "uncertain", "accept": "succeeded", "abort": "failed"}[decision]
        assert state_of(dossier) == expected
        assert yard.live(folder, run) == "new"
        assert (folder / "open").exists() == (decision == "abort")
        assert yard.effects(folder)["unswap"] == 0


def resting_again(dossier: Dossier) -> bool:
    return dossier.run is not None and dossier.run.state is not RunState.RUNNING


async def test_an_unknown_outcome_is_probed(folder: Path) -> None:
    """When the probe sees that it happened, the run goes on and the step is not repeated."""
    async with working(folder) as house:
        dossier = await until(house, approved(house, lost="b").request.id)
        assert state_of(dossier) == "succeeded"
        assert yard.effects(folder)[f"put b-{dossier.request.id}"] == 1


async def test_an_unknown_outcome_without_a_probe_is_asked(folder: Path) -> None:
    """Nobody guesses: the run waits; abort undoes what was begun."""
    async with working(folder) as house:
        dossier = await until(house, approved(house, lost="b", probes=False).request.id)
        assert state_of(dossier) == "uncertain"
        settle(house, dossier, "abort")
        dossier = await until(house, dossier.request.id)
        assert state_of(dossier) == "undone"
        assert sorted(p.name for p in folder.glob("[abcd]-*")) == []


async def test_changed_facts_void_the_run_and_ask_anew(folder: Path, url: str | None) -> None:
    """Before the first effect the plan is made again; the difference is shown, votes count anew."""
    with opened(folder, url) as house:
        dossier = approved(house)
        (folder / "gate").write_text("ajar")
        await house.engine.start()
        old = await until(house, dossier.request.id)
        await house.engine.stop()
        assert state_of(old) == "void"
        assert old.request.state is RequestState.VOID
        assert old.request.superseded_by is not None
        new = house.history.dossier(old.request.superseded_by)
        assert new.request.supersedes == old.request.id
        assert new.request.state is RequestState.PENDING and not new.votes
        assert "gate was closed and is now ajar" in (old.run.outcome if old.run else "")
        assert f"request:{new.request.id}:asked-anew" in said(house)
        assert not yard.effects(folder)
        with pytest.raises(Refused, match="superseded"):
            vote(house, old, "dora")


async def test_a_guard_that_fails_voids_the_run(folder: Path) -> None:
    """Too little space is no change of the plan, and still nothing begins."""
    with opened(folder) as house:
        dossier = approved(house)
        (folder / "space").write_text("10")
        await house.engine.start()
        old = await until(house, dossier.request.id)
        await house.engine.stop()
        assert state_of(old) == "void" and old.request.superseded_by
        assert "Free space" in (old.run.outcome if old.run else "")
        assert not yard.effects(folder)


async def test_a_guard_that_fails_does_not_ask_in_circles(folder: Path) -> None:
    """What needs no approval is void and stays so: asking anew would begin it again at once."""
    with opened(folder) as house:
        (folder / "space").write_text("10")
        dossier = ask(house, risk="READ")
        await house.engine.start()
        old = await until(house, dossier.request.id)
        await house.engine.stop()
        assert state_of(old) == "void" and old.request.superseded_by is None
        assert f"run:{old.request.id}:finished" in said(house)


async def test_growth_alone_changes_nothing(folder: Path) -> None:
    """Quantities are guards, never part of what was approved."""
    with opened(folder) as house:
        dossier = approved(house)
        (folder / "space").write_text("5000")
        await house.engine.start()
        assert state_of(await until(house, dossier.request.id)) == "succeeded"
        await house.engine.stop()


async def test_an_approval_that_is_too_old_is_void(folder: Path) -> None:
    """An approval must be used within its time."""
    late = [timedelta()]
    with opened(folder, now=lambda: yard.now() + late[0]) as house:
        dossier = approved(house)
        late[0] = timedelta(minutes=31)
        await house.engine.start()
        old = await until(house, dossier.request.id)
        await house.engine.stop()
        assert state_of(old) == "void" and not yard.effects(folder)


async def test_one_waits_for_the_other(folder: Path) -> None:
    """Two plans that want the same thing for themselves run one after the other."""
    async with working(folder) as house:
        first = await until(house, approved(house, lost="b", probes=False).request.id)
        assert state_of(first) == "uncertain"
        second = approved(house)
        waiting = await until(house, second.request.id, lambda d: bool(d.run and d.run.waiting_for))
        assert waiting.run and first.request.id in waiting.run.waiting_for
        elsewhere = approved(house, resource="elsewhere")
        assert state_of(await until(house, elsewhere.request.id)) == "succeeded"
        settle(house, first, "abort")
        done = await until(house, second.request.id)
        assert state_of(done) == "succeeded"


async def test_cancelling_a_waiting_run_ends_it_at_once(folder: Path) -> None:
    """It had not begun, so there is nothing to undo."""
    async with working(folder) as house:
        first = await until(house, approved(house, lost="b", probes=False).request.id)
        second = approved(house)
        await until(house, second.request.id, lambda d: bool(d.run and d.run.waiting_for))
        dossier = house.gate.cancel(second.request.id, house.access.actor(PEOPLE["ana"]))
        assert state_of(dossier) == "cancelled"
        settle(house, first, "abort")
        await until(house, first.request.id)
        assert held(house) == 0


async def test_cancelling_in_a_long_step_undoes_and_pays(folder: Path) -> None:
    """The step stops at the next safe place; what was done is undone."""
    async with working(folder) as house:
        dossier = approved(house, waits="b")
        run = dossier.request.id
        await until(house, run, lambda d: bool(d.run and d.run.progress))
        house.gate.cancel(run, house.access.actor(PEOPLE["ana"]))
        ended = await until(house, run)
        assert state_of(ended) == "cancelled"
        assert sorted(p.name for p in folder.glob("[abcd]-*")) == []
        assert (folder / "open").exists() and held(house) == 0
        with pytest.raises(Refused, match="over"):
            house.gate.cancel(run, house.access.actor(PEOPLE["ana"]))


async def test_a_shutdown_in_a_long_step_is_no_cancellation(folder: Path) -> None:
    """The next life goes on with the run where it was."""
    with opened(folder) as house:
        await house.engine.start()
        dossier = approved(house, waits="a")
        await until(house, dossier.request.id, lambda d: bool(d.run and d.run.progress))
        await asyncio.wait_for(house.engine.stop(), 5)
        assert state_of(house.history.dossier(dossier.request.id)) == "running"
    (folder / "go").touch()
    async with working(folder) as house:
        assert state_of(await until(house, dossier.request.id)) == "succeeded"


async def test_many_runs_never_overlap(folder: Path, url: str | None) -> None:
    """Ten plans that want the same thing alone: one after the other, in the order of asking."""
    async with working(folder, url) as house:
        made = [ask(house, risk="READ").request.id for _ in range(10)]
        ended = [(await until(house, request, seconds=60)).run for request in made]
        spans = [(run.started_at, run.ended_at) for run in ended if run]
        assert all(run and run.state is RunState.SUCCEEDED for run in ended)
        for (_, earlier_end), (later_start, _) in itertools.pairwise(spans):
            assert earlier_end and later_start and earlier_end <= later_start
        assert held(house) == 0


async def test_the_audit_of_yesterday_is_said_once(folder: Path) -> None:
    """Its last number and hash go where they cannot be unsaid."""
    ahead = [timedelta()]
    with opened(folder, now=lambda: yard.now() + ahead[0]) as house:
        ask(house)
        last = house.history.audit(limit=1)[0]
        chores = Chores(equipment(house), None)
        chores.say_head_of_yesterday()
        assert not any(key.startswith("audit:head") for key in said(house))
        ahead[0] = timedelta(days=1)
        chores.say_head_of_yesterday()
        chores.say_head_of_yesterday()
        lines = [text for key, text in said(house).items() if key.startswith("audit:head")]
        assert len(lines) == 1 and last.hash in lines[0]


def equipment(house: House) -> Equipment:
    return Equipment(
        ledger=house.ledger,
        facts=yard.YardFacts(Path()),
        playbooks={},
        actions={},
        secrets=yard.NoSecrets(),
        bell=house.bell,
        failpoints=Failpoints({}),
    )


async def test_losing_the_lock_ends_the_process(
    folder: Path, postgres_server: Server, database: str
) -> None:
    """Whose session with the lock is gone says so, and carries nothing out any more."""
    async with working(folder, postgres_server.url(database)) as house:
        with house.database.engine.begin() as connection:
            connection.execute(sa.text(_END_THE_LOCK))
        with pytest.raises(InterlockError, match="lock on the database is lost"):
            async with asyncio.timeout(20):
                await house.engine.until_lost()
