"""Relica by wire: started, damaged, restored through the approval flow, on real containers."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from bot.workspace.testing import running_workspace
from playbooks.hosts.containers.helper import helpers
from playbooks.hosts.containers.usage import of_container
from playbooks.hosts.docker import engine
from playbooks.model.stack_file import load_stack
from tests.support import fingerprint, holdings
from tests.support.bot import Bot, interlock_yaml
from tests.support.docker import NEO4J_PASSWORD, PASSWORD, REDIS_PASSWORD, Project
from tests.support.run_plan import Bench
from tests.support.runbook import commands, follow, printed
from tests.support.talk import ask, card_in, new_card, payload, press, run_to_the_end, text_of
from tests.support.work import KnownSecrets
from tests.support.workspace import Sim

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

_FILL = """
CREATE EXTENSION vector;
CREATE TABLE papers (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, title text UNIQUE,
                     meaning vector(3));
CREATE TABLE notes (said text);
INSERT INTO papers (title, meaning)
  SELECT 'paper ' || g || ' «ß»', ('[' || g || ',1,2]')::vector FROM generate_series(1, 5000) g;
CREATE INDEX ON papers USING hnsw (meaning vector_l2_ops);
INSERT INTO notes SELECT 'the same' FROM generate_series(1, 7);
ALTER DATABASE postgres SET work_mem = '7MB';
"""
_DAMAGE = """
DELETE FROM papers WHERE id % 3 = 0;
DROP TABLE notes;
CREATE TABLE made_afterwards (id int);
ALTER DATABASE postgres RESET work_mem;
"""
_LAYERS = (
    *("postgres", "redis", "archivist", "clarity", "aperture", "portal", "viewfinder"),
    "neo4j",
)


@pytest.fixture(scope="module")
def bot(relica: Project) -> Iterator[Bot]:
    """A bot that operates Relica, after `/ops start relica` was approved."""
    relica_yaml = relica.stack_file.name
    (relica.folder / "interlock.yaml").write_text(json.dumps(interlock_yaml(relica_yaml)))
    with (
        pytest.MonkeyPatch.context() as environment,
        running_workspace(relica.folder / "workspace", rates=False) as workspace,
        httpx.Client(base_url=workspace.url, timeout=60, trust_env=False) as http,
    ):
        environment.setenv("RELICA_PG_PASSWORD", PASSWORD)
        environment.setenv("RELICA_NEO4J_PASSWORD", NEO4J_PASSWORD)
        environment.setenv("RELICA_REDIS_PASSWORD", REDIS_PASSWORD)
        made = Bot(relica.folder, Sim(workspace, http))
        made.start()
        try:
            run_to_the_end(made, "start relica", ("ben",), seconds=400)
            yield made
        finally:
            made.end()


def ended(bot: Bot, text: str, *voters: str) -> str:
    """Asked by ana, approved by the voters, succeeded; the request's id."""
    return run_to_the_end(bot, text, voters, seconds=180)


def sql(relica: Project, statements: str) -> None:
    with psycopg.connect(relica.uri(), autocommit=True) as connection:
        for statement in statements.split(";\n"):
            if statement.strip():
                connection.execute(statement.encode())


def test_all_of_it_runs_in_layers(relica: Project, bot: Bot) -> None:
    """Every container is up and healthy, and none was started before what it needs."""
    seen = [relica.container(name) for name in _LAYERS]
    assert {container.health for container in seen} == {"healthy"}
    moments = [container.since for container in seen]
    assert all(moments) and moments[7] <= moments[2]
    assert moments[0] <= moments[2] <= moments[3] <= moments[5] <= moments[6]
    said = ask(bot.sim, "status relica")
    assert "prod/relica: 11 of 11 services up" in said


@pytest.mark.covers("S4", "R", only="now, without a trend")
def test_stats_are_those_of_the_containers(relica: Project, bot: Bot) -> None:
    """Memory is the container's own as its engine counts it, within what moves meanwhile."""
    said = ask(bot.sim, "stats relica")
    assert "in 11 running parts" in said
    with engine() as client:
        seen = client.api.stats(relica.container("redis").id, stream=False)["memory_stats"]
    used = of_container(relica.container("redis").id)
    cached = seen["stats"].get("inactive_file", seen["stats"].get("total_inactive_file", 0))
    assert used.memory == pytest.approx(seen["usage"] - cached, rel=0.5)
    assert used.received is not None and used.processes > 0


def test_logs_are_those_of_the_container(bot: Bot) -> None:
    """`/ops logs` shows what the service wrote, and finds words in it."""
    assert "portal listens on port 2174" in ask(bot.sim, "logs relica portal")
    found = ask(bot.sim, "logs relica postgres --grep 'ready to accept'")
    assert "database system is ready to accept connections" in found


def test_a_service_is_stopped_and_started(relica: Project, bot: Bot) -> None:
    """Stop and start act on the very container; what it has besides stays as it is."""
    before = relica.container("nous")
    ended(bot, "stop relica nous", "ben")
    assert relica.container("nous").status == "exited"
    assert "prod/relica: 10 of 11 services up" in ask(bot.sim, "status relica")
    ended(bot, "start relica nous", "ben")
    after = relica.container("nous")
    assert (after.id, after.image, after.health) == (before.id, before.image, "healthy")


def test_rows_destroyed_come_back_and_the_restore_can_be_undone(relica: Project, bot: Bot) -> None:
    """Content, schema and settings equal the backup's; the undo brings the damage back."""
    sql(relica, _FILL)
    whole = fingerprint.database(relica.uri())
    ended(bot, "backup relica postgres")
    sql(relica, _DAMAGE)
    damaged = fingerprint.database(relica.uri())
    users = {name: relica.container(name).since for name in ("archivist", "shutter", "aperture")}

    asked = new_card(bot, "restore relica postgres latest")
    said = text_of(asked)
    assert "1,666 deleted" in said or "5,000 in the backup" in said
    assert "archivist is down while the data are exchanged" in said
    request = payload(asked)["request"]
    for voter in ("ben", "cleo"):
        press(bot.sim, card_in(bot.sim, "pending", request), "approve", voter)
    card_in(bot.sim, "succeeded", request, seconds=180)

    assert fingerprint.database(relica.uri()) == whole != damaged
    for name, since in users.items():
        container = relica.container(name)
        assert container.health == "healthy" and container.since != since
    assert relica.in_container("postgres", "ls", "-A", "/tmp").strip() == ""

    ended(bot, f"restore relica postgres --undo {request}", "ben", "cleo")
    assert fingerprint.database(relica.uri()) == damaged


def test_a_flushed_redis_comes_back_and_its_undo_is_undone(relica: Project, bot: Bot) -> None:
    """Its users are down for the exchange alone, and each undo takes the one before back."""
    held = holdings.Redis("redis", relica)
    relica.in_container("redis", "redis-cli", "FLUSHALL")
    held.fill()
    whole = held.content()
    ended(bot, "backup relica redis")
    held.destroy()
    damaged = held.content()
    asked = new_card(bot, "restore relica redis latest")
    said = text_of(asked)
    assert "all changes in db0: 1 key now" in said
    assert "archivist is down while the data are exchanged" in said
    request = payload(asked)["request"]
    for voter in ("ben", "cleo"):
        press(bot.sim, card_in(bot.sim, "pending", request), "approve", voter)
    card_in(bot.sim, "succeeded", request, seconds=180)
    assert held.content() == whole != damaged
    ended(bot, "restore relica redis --undo", "ben", "cleo")
    assert held.content() == damaged
    ended(bot, "restore relica redis --undo", "ben", "cleo")
    assert held.content() == whole


@pytest.mark.parametrize("point", ["step:try:in", "step:exchange:effect"])
def test_a_bot_killed_in_a_restore_of_redis_goes_on(relica: Project, bot: Bot, point: str) -> None:
    """With the snapshot being tried out, and exchanged but not noted: the next life ends what is
    left of helpers, finishes, and starts what it owes."""
    held = holdings.Redis("redis", relica)
    relica.in_container("redis", "redis-cli", "FLUSHALL")
    held.fill()
    whole = held.content()
    ended(bot, "backup relica redis")
    held.destroy()
    bot.stop()
    bot.start(failpoint=point)
    request = payload(new_card(bot, "restore relica redis latest"))["request"]
    for voter in ("ben", "cleo"):
        press(bot.sim, card_in(bot.sim, "pending", request), "approve", voter)
    assert bot.died(120) == -signal.SIGKILL
    bot.start()
    card_in(bot.sim, "succeeded", request, seconds=180)
    assert held.content() == whole
    assert request not in helpers().values()
    assert relica.container("archivist").health == "healthy"


def test_the_runbook_on_paper_restores_it_too(relica: Project, bot: Bot, tmp_path: Path) -> None:
    """Its commands, typed into bash, stop the users, load in the container, exchange, and start."""
    bench = Bench(load_stack(relica.stack_file), KnownSecrets({"env:RELICA_PG_PASSWORD": PASSWORD}))
    sql(relica, "CREATE TABLE letters AS SELECT g AS id FROM generate_series(1, 500) g")
    whole = fingerprint.database(relica.uri())
    backup = bench.backup("postgres")
    sql(relica, "DELETE FROM letters WHERE id > 20")
    before = relica.container("archivist").since
    runbook = printed(bench.stack, bench.restore_plan(backup))
    assert PASSWORD not in runbook
    done = follow(commands(runbook), tmp_path, {"RELICA_PG_PASSWORD": PASSWORD})
    assert done.returncode == 0, done.stderr
    assert fingerprint.database(relica.uri()) == whole
    archivist = relica.container("archivist")
    assert archivist.health == "healthy" and archivist.since != before
