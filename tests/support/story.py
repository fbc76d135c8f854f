"""Asking, voting and waiting, in one line each."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.engine.failpoints import Failpoints
from commands.ports import Asking, Dossier
from playbooks.gate.policy import Policy
from playbooks.model.request import RequestState, RunState
from tests.support import yard
from tests.support.house import House, Materials, build

PEOPLE = {"ana": "U0ANA", "ben": "U0BEN", "cleo": "U0CLEO", "dora": "U0DORA", "eve": "U0EVE"}


@contextmanager
def opened(
    folder: Path,
    url: str | None = None,
    policy: Policy | None = None,
    now: Callable[[], datetime] = yard.now,
    environment: dict[str, str] | None = None,
) -> Iterator[House]:
    """A house over `folder`, its engine not started."""
    house = build(
        Materials(
            database_url=url or f"sqlite:///{folder / 'interlock.db'}",
            policy=policy or yard.policy(),
            stacks={"yard": yard.stack()},
            playbooks={"shift": yard.shift(folder)},
            actions=yard.ACTIONS,
            facts=yard.YardFacts(folder),
            secrets=yard.NoSecrets(),
            now=now,
            failpoints=Failpoints(environment or {}),
            channel_of=lambda stack: f"C-{stack.channel}",
            anchor=folder / "audit-head.json",
            tick=0.2,
            pauses=(0.01, 0.01),
        )
    )
    try:
        yield house
    finally:
        house.database.close()


def ask(house: House, who: str = "ana", once: str | None = None, **params: Any) -> Dossier:
    plan = house.gate.plan("shift", yard.stack(), yard.Shift(**params))
    actor = house.access.actor(PEOPLE[who])
    asking = Asking(actor=actor, channel="C-ops", typed="shift yard", once=once)
    return house.gate.ask(plan, asking)


def vote(house: House, dossier: Dossier, who: str, decision: Any = "approve") -> Dossier:
    request = dossier.request
    return house.gate.vote(request.id, request.digest, house.access.actor(PEOPLE[who]), decision)


def approved(house: House, **params: Any) -> Dossier:
    """Asked by ana, approved by ben and cleo."""
    dossier = ask(house, **params)
    for who in ("ben", "cleo")[: dossier.request.needed]:
        dossier = vote(house, dossier, who)
    return dossier


def resting(dossier: Dossier) -> bool:
    """Nothing more happens by itself."""
    run = dossier.run
    if run is None:
        return dossier.request.state is not RequestState.PENDING
    return run.state.ended or run.state is RunState.UNCERTAIN


async def until(
    house: House,
    request: str,
    condition: Callable[[Dossier], bool] = resting,
    seconds: float = 20.0,
) -> Dossier:
    """Waits for the condition. Fails with how things stand after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        dossier = await asyncio.to_thread(house.history.dossier, request)
        if condition(dossier):
            return dossier
        assert time.monotonic() < deadline, dossier.run
        await asyncio.sleep(0.02)


def state_of(dossier: Dossier) -> str:
    assert dossier.run is not None
    return dossier.run.state.value
