"""Relica's Neo4j: dumped while it is down, loaded and checked beside, exchanged."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.workspace.testing import running_workspace
from playbooks.hosts.containers.sandbox import LABEL
from playbooks.hosts.docker import engine
from playbooks.model.drill import Rehearsal
from playbooks.model.stack_file import load_stack
from playbooks.operations.drill import DRILL, StackDrillParams
from tests.support import neo4j
from tests.support.bot import Bot, interlock_yaml, wait_until
from tests.support.docker import NEO4J_PASSWORD, Project
from tests.support.run_plan import Bench
from tests.support.runbook import commands, follow, printed
from tests.support.talk import card_in, cards, payload, press, text_of
from tests.support.work import KnownSecrets
from tests.support.workspace import Sim

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

_SECONDS = 400
_SECRET = {"RELICA_NEO4J_PASSWORD": NEO4J_PASSWORD}


@pytest.fixture(scope="module")
def bot(relica: Project) -> Iterator[Bot]:
    """A bot that started Relica's Neo4j and prism, which uses it. Unicode names, constraints and
    indexes are in it."""
    policy = interlock_yaml(relica.stack_file.name)
    (relica.folder / "interlock.yaml").write_text(json.dumps(policy))
    with (
        pytest.MonkeyPatch.context() as environment,
        running_workspace(relica.folder / "workspace", rates=False) as workspace,
        httpx.Client(base_url=workspace.url, timeout=60, trust_env=False) as http,
    ):
        for name, value in _SECRET.items():
            environment.setenv(name, value)
        made = Bot(relica.folder, Sim(workspace, http))
        made.start()
        try:
            for service in ("neo4j", "prism"):
                approved(made, asked(made, f"start relica {service}"), "ben")
            neo4j.cypher(relica, *neo4j.FILL)
            yield made
        finally:
            made.end()


@pytest.fixture(scope="module")
def bench(relica: Project, bot: Bot) -> Bench:  # the bot has started the server
    secrets = KnownSecrets({f"env:{name}": value for name, value in _SECRET.items()})
    return Bench(load_stack(relica.stack_file), secrets)


def asked(bot: Bot, text: str) -> dict[str, Any]:
    """Asked by ana; the card, which may take longer than the first answer does."""
    known = {payload(card)["request"] for card in cards(bot.sim)}
    bot.sim.command(text, user="ana", channel="ops")

    def new() -> dict[str, Any] | None:
        found = (card for card in cards(bot.sim) if payload(card)["request"] not in known)
        return next(found, None)

    card: dict[str, Any] = wait_until(new, f"the card of /ops {text}", seconds=60)
    return card


def approved(bot: Bot, card: dict[str, Any], *voters: str) -> str:
    """Approved and succeeded; the request's id."""
    request: str = payload(card)["request"]
    for voter in voters:
        press(bot.sim, card_in(bot.sim, "pending", request), "approve", voter)
    card_in(bot.sim, "succeeded", request, _SECONDS)
    return request


def backups(relica: Project) -> list[str]:
    """Ids of what was published, oldest first."""
    found = relica.folder.glob("backups/relica/*/manifest.json")
    return sorted(file.parent.name for file in found)


@pytest.mark.covers("B1 B2 B8", "R", only="Neo4j 5")
def test_a_lost_volume_comes_back_and_the_restore_can_be_undone(relica: Project, bot: Bot) -> None:
    """After the loss of the volume every node, relationship, constraint and index comes back by
    approval; prism is down meanwhile; the undo brings back the empty database."""
    whole = neo4j.fingerprint(relica)
    card = asked(bot, "backup relica neo4j")
    assert "neo4j is down while the data are copied" in text_of(card)
    approved(bot, card, "ben")
    assert relica.container("neo4j").health == "healthy"

    relica.compose("rm", "--stop", "--force", "--volumes", "neo4j")
    with engine() as client:
        client.api.remove_volume(f"{relica.name}_neo4j")
    approved(bot, asked(bot, "start relica neo4j"), "ben")
    empty, prism = neo4j.fingerprint(relica), relica.container("prism").since

    card = asked(bot, "restore relica neo4j latest")
    assert "0 nodes in neo4j now, 650 in the backup" in text_of(card)
    request = approved(bot, card, "ben", "cleo")
    assert neo4j.fingerprint(relica) == whole != empty
    assert relica.container("prism").health == "healthy"
    assert relica.container("prism").since != prism

    approved(bot, asked(bot, f"restore relica neo4j --undo {request}"), "ben", "cleo")
    assert neo4j.fingerprint(relica) == empty
    approved(bot, asked(bot, f"restore relica neo4j --undo {request}"), "ben", "cleo")
    assert neo4j.fingerprint(relica) == whole


@pytest.mark.covers("B1", "R", only="Neo4j 5")
@pytest.mark.parametrize("point", ["step:dump.neo4j:in", "step:stop.neo4j:effect"])
def test_a_bot_that_is_killed_leaves_the_server_running(
    relica: Project, bot: Bot, point: str
) -> None:
    """kill -9 while the server is down: the next life goes on, publishes, and starts it again."""
    known = backups(relica)
    bot.stop()
    bot.start(failpoint=point)
    request = payload(asked(bot, "backup relica neo4j"))["request"]
    press(bot.sim, card_in(bot.sim, "pending", request), "approve", "ben")
    bot.died(_SECONDS)
    assert relica.container("neo4j").status == "exited"
    bot.start()
    card_in(bot.sim, "succeeded", request, _SECONDS)
    assert relica.container("neo4j").health == "healthy"
    assert len(backups(relica)) == len(known) + 1
    assert neo4j.mounting(relica, "neo4j") == [f"{relica.name}-neo4j"]


@pytest.mark.covers("B11", "R", only="Neo4j 5")
def test_a_backup_is_rehearsed_in_a_throwaway_server(relica: Project, bench: Bench) -> None:
    """The drill loads, checks, starts and counts without the live server, and leaves nothing."""
    backup = next(iter(backups(relica)), None) or bench.backup("neo4j")
    since = relica.container("neo4j").since
    params = StackDrillParams(datastores=("neo4j",), backup={"neo4j": backup})
    work = bench.run(bench.plan(DRILL, params))
    found = Rehearsal.model_validate(bench.outputs["rehearse.neo4j"])
    assert not found.failed
    assert {check.name for check in found.checks} == {
        *("loads", "is consistent", "starts"),
        *("nodes", "relationships", "constraints", "indexes"),
    }
    assert relica.container("neo4j").since == since
    with engine() as client:
        label = {"label": f"{LABEL}={work.run}"}
        assert client.api.containers(all=True, filters=label) == []


def test_the_runbook_on_paper_restores_it_too(
    relica: Project, bench: Bench, tmp_path: Path
) -> None:
    """Its commands, typed into bash, stop, load, check, exchange and start; no password in it."""
    whole = neo4j.fingerprint(relica)
    neo4j.cypher(relica, "MATCH (p:Paper) DETACH DELETE p", "DROP CONSTRAINT paper_id")
    plan = bench.restore_plan(backups(relica)[0], datastore="neo4j")
    runbook = printed(bench.stack, plan)
    assert NEO4J_PASSWORD not in runbook
    done = follow(commands(runbook), tmp_path, _SECRET, seconds=_SECONDS)
    assert done.returncode == 0, done.stderr
    assert relica.container("neo4j").health == relica.container("prism").health == "healthy"
    assert neo4j.fingerprint(relica) == whole
