"""Maintenance keeps its times: announced, begun, warned of, lifted only where that is safe."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.maintenance.remembered import StoredMaintenances
from commands.ports import Asking
from playbooks.model.base import Model
from playbooks.model.request import RequestState, RunState
from playbooks.operations.maintenance import OffParams, OnParams, WindowParams
from tests.support.forks import FORKS
from tests.support.lives import KILLED
from tests.support.nights import EVENING, Night, Setting, carry_out, night
from tests.support.ports import free_port
from tests.support.story import until, vote

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def port() -> int:
    """Where the harbor's one service listens, when it does."""
    return free_port()


@pytest.fixture
def evening(tmp_path: Path, port: int) -> Iterator[Night]:
    """A harbor with a flag file and one service, which is down."""
    health = {"kind": "tcp", "port": port, "seconds": 1}
    stack = {**with_flag(tmp_path), "services": {"api": {"health": health}}}
    with night(Setting(tmp_path, stack=stack)) as one:
        yield one


def with_flag(folder: Path) -> dict[str, Any]:
    """The keys of a stack file whose maintenance is a flag file."""
    switch = {"kind": "file", "path": str(folder / "flag")}
    return {"maintenance": {"switch": switch, "channels": ["customers"]}}


def flag(one: Night) -> Path:
    return one.setting.folder / "flag"


def asked(one: Night, operation: str, params: Model) -> str:
    """Asked for by ana, approved by ben and carried out; the request's id."""
    request = approved(one, operation, params)
    asyncio.run(carry_out(one))
    return request


def approved(one: Night, operation: str, params: Model) -> str:
    """Asked for by ana and approved by ben; the request's id."""
    plan = one.house.gate.plan(operation, one.stack, params)
    actor = one.house.access.actor("U0ANA")
    asking = Asking(actor=actor, channel="C-ops", typed=operation)
    dossier = one.house.gate.ask(plan, asking)
    if dossier.request.state is RequestState.PENDING:
        dossier = vote(one.house, dossier, "ben")
    return dossier.request.id


def at(one: Night, moment: datetime) -> None:
    one.clock.turn_to(moment)
    one.upkeep.turn()


def remembered(one: Night) -> StoredMaintenances:
    return StoredMaintenances(one.house.database, one.clock)


def test_it_is_lifted_at_its_end_where_all_is_well(evening: Night, port: int) -> None:
    """Ten minutes before, the channel is told, once; at the end a request that nobody has to
    approve again lifts it, and names the run that it was approved with."""
    run = asked(evening, "maintenance-on", OnParams(message="Back soon", lasting=HOUR))
    assert flag(evening).exists()
    state = remembered(evening).of("harbor")
    assert state is not None
    assert (state.run, state.person, state.until) == (run, "ana", EVENING + HOUR)
    at(evening, EVENING + HOUR - 11 * MINUTE)
    assert evening.said("maintenance:harbor") == []
    for minutes in (9, 5):
        at(evening, EVENING + HOUR - minutes * MINUTE)
    [warning] = evening.said("maintenance:harbor")
    assert "ends in 9 min" in warning
    with closing(socket.create_server(("127.0.0.1", port))):
        for _ in range(2):
            at(evening, EVENING + HOUR)
        asyncio.run(carry_out(evening))
    assert not flag(evening).exists()
    assert remembered(evening).of("harbor") is None
    [lifting] = [d for d in evening.house.history.dossiers() if d.request.id != run]
    assert lifting.request.needed == 0
    assert any(run in note for note in lifting.request.plan.notes)


def test_it_stays_where_a_service_is_not_well_and_people_are_asked(
    evening: Night, port: int
) -> None:
    """Nothing is lifted, whoever can act is mentioned and told what is wrong, once; when it is well
    again they are told, and it is still theirs to lift."""
    asked(evening, "maintenance-on", OnParams(lasting=HOUR))
    for late in range(3):
        at(evening, EVENING + HOUR + late * MINUTE)
    [said] = evening.said("maintenance:harbor")
    assert "not safe to lift" in said
    with closing(socket.create_server(("127.0.0.1", port))):
        for late in range(3, 6):
            at(evening, EVENING + HOUR + late * MINUTE)
        said_then = evening.said("maintenance:harbor")
        assert len(said_then) == 2
        assert any("well again" in text for text in said_then)
        assert flag(evening).exists()
        asked(evening, "maintenance-off", OffParams())
    assert not flag(evening).exists()


def test_asked_for_again_it_lasts_longer_and_never_shorter(evening: Night) -> None:
    """The later end counts; who began it stays; a warning comes for the new end alone."""
    first = asked(evening, "maintenance-on", OnParams(lasting=HOUR))
    asked(evening, "maintenance-on", OnParams(lasting=2 * HOUR))
    state = remembered(evening).of("harbor")
    assert state is not None
    assert (state.run, state.until) == (first, EVENING + 2 * HOUR)
    plan = evening.house.gate.plan("maintenance-on", evening.stack, OnParams(lasting=HOUR))
    assert plan.nothing_to_do
    at(evening, EVENING + HOUR)
    assert evening.said("maintenance:harbor") == []


def test_a_window_is_announced_and_begins_by_itself(evening: Night, tmp_path: Path) -> None:
    """A day and an hour before, in both channels, each once, also by another life of the bot; at
    its time it begins without another approval, and ends when it was said to."""
    starts = EVENING + 30 * HOUR
    window = asked(evening, "maintenance-window", WindowParams(starts=starts, ends=starts + HOUR))
    at(evening, EVENING)
    assert evening.said("window:") == []
    for _ in range(2):
        at(evening, starts - 24 * HOUR)
        with night(evening.setting, evening.clock) as another:
            another.upkeep.turn()
    assert len(evening.said(f"window:{window}:ahead")) == 2
    at(evening, starts - HOUR)
    assert len(evening.said(f"window:{window}:soon")) == 2
    assert not flag(evening).exists()
    at(evening, starts + MINUTE)
    asyncio.run(carry_out(evening))
    assert flag(evening).exists()
    state = remembered(evening).of("harbor")
    assert state is not None
    assert state.until == starts + HOUR
    at(evening, starts + 2 * MINUTE)
    assert evening.requests() == [f"window:{window}:begin"]


def test_a_window_that_nobody_could_begin_is_missed_aloud(evening: Night) -> None:
    """After half an hour without a bot it is not begun any more: that is said, and nothing is
    switched."""
    starts = EVENING + 2 * HOUR
    window = asked(
        evening, "maintenance-window", WindowParams(starts=starts, ends=starts + 2 * HOUR)
    )
    at(evening, starts + 31 * MINUTE)
    at(evening, starts + 32 * MINUTE)
    [said] = evening.said(f"window:{window}:missed")
    assert "did not begin" in said
    assert not flag(evening).exists()
    assert evening.requests() == []


def test_a_window_can_be_called_off(evening: Night) -> None:
    """Then nothing is announced and nothing begins."""
    starts = EVENING + 2 * HOUR
    plan = WindowParams(starts=starts, ends=starts + HOUR)
    window = asked(evening, "maintenance-window", plan)
    assert remembered(evening).cancel(window, "ana called it off")
    at(evening, starts - HOUR)
    at(evening, starts)
    assert evening.said("window:") == []
    assert evening.requests() == []


@pytest.mark.parametrize("point", ["before", "effect", "after"])
def test_killed_while_it_is_switched_on(tmp_path: Path, point: str) -> None:
    """kill -9 around the switch: the next life ends with users who see it, one memory of it, and an
    end that does not move."""
    setting = Setting(tmp_path, stack=with_flag(tmp_path))
    process = FORKS.Process(target=_switches_on, args=(setting, f"step:maintenance.on:{point}"))
    process.start()
    process.join(60)
    assert process.exitcode == KILLED
    with night(setting) as one:
        one.clock.turn_to(EVENING + MINUTE)
        asyncio.run(carry_out(one))
        state = remembered(one).of("harbor")
        [dossier] = one.house.history.dossiers()
        assert dossier.run is not None
        assert dossier.run.state is RunState.SUCCEEDED
    assert (tmp_path / "flag").exists()
    assert state is not None
    assert state.run == dossier.request.id
    assert state.until - state.since == HOUR


def _switches_on(setting: Setting, failpoint: str) -> None:
    with night(setting, failpoint=failpoint) as one:
        asyncio.run(_carries_out(one, approved(one, "maintenance-on", OnParams(lasting=HOUR))))


async def _carries_out(one: Night, request: str) -> None:
    await one.house.engine.start()
    await until(one.house, request)
