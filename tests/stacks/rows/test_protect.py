"""How well systems are protected, and what helps first in an emergency."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from playbooks.model.stack_file import load_stack
from tests.stacks.rows.test_life import LEAF, docker
from tests.support.bot import wait_until
from tests.support.releases import Migrations
from tests.support.run_plan import Bench
from tests.support.systems import System, on
from tests.support.talk import card_in, cards, payload, press, text_of
from tests.support.versions import GOOD

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
# A store of each that is copied while all goes on.
STORE = {
    "relica": "seed-csv",
    "neurocore": "configuration",
    "spice-harvester": "uploads",
    "analytics-engine": "configuration",
    "arc": "redis",
}
# What is backed up once a week, each with the days that its newest backup is old.
WEEKLY = {"init-scripts": 6, "seed-csv": 8}


def carried_out(system: System, text: str) -> dict[str, Any]:
    """The card of what ana asked for in the end; ben approves it where policy asks for that."""
    request = system.asks(text)
    [card] = [each for each in cards(system.bot.sim) if payload(each)["request"] == request]
    if payload(card)["state"] == "pending":
        press(system.bot.sim, card, "approve", "ben")
    return system.end_of(request)


@on("RNSAC")
@pytest.mark.covers("B12", "RNSAC", only="the age of its own backups")
def test_objectives_count_from_the_newest_backup(system: System) -> None:
    """Every store and every scenario of the guide is there, with the backup made just now."""
    store = STORE[system.name]
    ended = carried_out(system, f"backup {system.name} {store}")
    stack = load_stack(system.project.stack_file)
    said = system.says(f"rpo {system.name}")
    assert all(f"{system.name}/{name}" in said for name in stack.datastores), said
    assert f"-{payload(ended)['run']}" in said.split(f"{system.name}/{store}", 1)[1], said
    for name in stack.objectives.scenarios:
        assert name in said


@on("R")
@pytest.mark.covers("B12", "R", only="what is backed up every week")
def test_what_is_backed_up_every_week_is_late_after_one(system: System) -> None:
    """Not between two weeks; once one was missed, the datastore and its scenario say so."""
    stack = load_stack(system.project.stack_file)
    with nothing_backed_up(system):
        for store, days in WEEKLY.items():
            Bench(stack, now=datetime.now(UTC) - timedelta(days=days)).backup(store)
        said = system.says("rpo relica")
    rows = {store: said.split(f"relica/{store}\n", 1)[1].split("\n")[:9] for store in WEEKLY}
    assert "met" in rows["init-scripts"] and "RPO missed" in rows["seed-csv"], said
    assert "relica/seed-csv, relica seed-loss missed the objectives" in said, said
    assert "at most 7 d 2 h" in said, said


@contextmanager
def nothing_backed_up(system: System) -> Iterator[None]:
    """What is in its repository is put aside meanwhile, and what was put there is gone."""
    held = system.project.folder / "backups"
    aside = held.with_name("backups-aside")
    if held.exists():
        held.rename(aside)
    try:
        yield
    finally:
        shutil.rmtree(held, ignore_errors=True)
        if aside.exists():
            aside.rename(held)


@on("N")
@pytest.mark.covers("B10", "N")
def test_rungs_help_one_after_the_other(system: System) -> None:
    """All is well at first. A killed service is found, its restart proposed, approved, and well.
    When it ends again, and its version cannot start any more, going back is what is proposed next;
    approved, it is well with the version of before. Once more it is recovered: the last rung."""
    sim, name, service = system.bot.sim, system.name, LEAF[system.name]
    former, settings = system.project.container(service).image, _env(system)
    migrations = Migrations(name, system.project)
    migrations.want("001-first")
    assert "services of neurocore are well" in text_of(carried_out(system, f"emergency {name}"))
    system.does(f"backup {name} database")
    system.does(f"deploy {name} {GOOD} --way trial", "ben")
    docker("kill", system.project.container(service).id)
    assessed = carried_out(system, f"emergency {name}")
    assert f"{service}: " in text_of(assessed)
    press(sim, assessed, "next", "ana")
    restart = approved(system, "restart")
    card_in(sim, "succeeded", payload(restart)["request"], 120)
    wait_until(
        lambda: system.project.container(service).status == "running", f"{service} runs again", 30
    )
    system.project.in_container(service, "sh", "-c", "echo 'exit 3' > /entrypoint.sh")
    docker("kill", system.project.container(service).id)
    press(sim, carried_out(system, f"emergency {name}"), "next", "ana")
    back = approved(system, "rollback")
    assert f"restart {payload(restart)['request']} succeeded" in text_of(back)
    card_in(sim, "succeeded", payload(back)["request"], 120)
    assert (system.project.container(service).image, _env(system)) == (former, settings)
    docker("kill", system.project.container(service).id)
    press(sim, carried_out(system, f"emergency {name}"), "next", "ana")
    restore = approved(system, "recover")
    assert f"rollback {payload(back)['request']} succeeded" in text_of(restore)
    card_in(sim, "succeeded", payload(restore)["request"], 240)
    assert "services of neurocore are well" in text_of(carried_out(system, f"emergency {name}"))
    migrations.forget()


def approved(system: System, operation: str) -> dict[str, Any]:
    """The card that waits, which is for this operation; approved by as many as it takes."""
    asked: dict[str, Any] = card_in(system.bot.sim, "pending")
    assert payload(asked)["operation"] == operation, text_of(asked)
    for voter in ("ben", "cleo"):
        press(system.bot.sim, card_in(system.bot.sim, "pending"), "approve", voter)
        if not any(payload(each)["state"] == "pending" for each in cards(system.bot.sim)):
            break
    return asked


def _env(system: System) -> str:
    return (system.project.folder / ".env").read_text()
