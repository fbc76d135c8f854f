"""Relica by wire: backed up as one set, lost with its volumes and the bot's memory, recovered."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import psycopg
import pytest
import yaml

from bot.workspace.testing import running_workspace
from tests.support import fingerprint, neo4j
from tests.support.bot import Bot, interlock_yaml, wait_until
from tests.support.docker import NEO4J_PASSWORD, PASSWORD, REDIS_PASSWORD, Project
from tests.support.harbor import tree_of
from tests.support.talk import (
    ask,
    card_in,
    cards,
    payload,
    press,
    run_to_the_end,
    text_of,
)
from tests.support.workspace import Sim

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

_FILL = """
CREATE EXTENSION vector;
CREATE TABLE papers (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, title text UNIQUE,
                     meaning vector(3));
INSERT INTO papers (title, meaning)
  SELECT 'paper ' || g || ' «ß»', ('[' || g || ',1,2]')::vector FROM generate_series(1, 3000) g;
CREATE ROLE reader;
GRANT SELECT ON papers TO reader;
"""


@pytest.fixture(scope="module")
def bot(relica: Project) -> Iterator[Bot]:
    """A bot that operates Relica, for whose set `full` two services that write are down."""
    described: dict[str, Any] = yaml.safe_load(relica.stack_file.read_text())
    described["backup"]["quiesce"] = {"full": ["archivist", "clarity"]}
    relica.stack_file.write_text(yaml.safe_dump(described, sort_keys=False))
    policy = interlock_yaml(relica.stack_file.name)
    (relica.folder / "interlock.yaml").write_text(json.dumps(policy))
    with (
        pytest.MonkeyPatch.context() as environment,
        running_workspace(relica.folder / "workspace", rates=False) as workspace,
        httpx.Client(base_url=workspace.url, timeout=60, trust_env=False) as http,
    ):
        environment.setenv("RELICA_PG_PASSWORD", PASSWORD)
        environment.setenv("RELICA_REDIS_PASSWORD", REDIS_PASSWORD)
        environment.setenv("RELICA_NEO4J_PASSWORD", NEO4J_PASSWORD)
        made = Bot(relica.folder, Sim(workspace, http))
        made.start()
        try:
            run_to_the_end(made, "start relica", ("ben",), seconds=240)
            yield made
        finally:
            made.end()


def asked(bot: Bot, text: str) -> dict[str, Any]:
    """The card of what ana asks for. Looking at all of a busy stack may take its time."""
    bot.sim.command(text, "ana", "ops")
    return card_in(bot.sim, "pending", seconds=60)


def approved(bot: Bot, card: dict[str, Any], *voters: str) -> dict[str, Any]:
    """Approved, by two unless others are named, and succeeded; the card at the end."""
    request = payload(card)["request"]
    for voter in voters or ("ben", "cleo"):
        press(bot.sim, card_in(bot.sim, "pending", request), "approve", voter)
    ended: list[dict[str, Any]] = wait_until(
        lambda: over(bot, request), f"the end of {request}", seconds=500
    )
    assert payload(ended[0])["state"] == "succeeded", text_of(ended[0])
    return ended[0]


def over(bot: Bot, request: str) -> list[dict[str, Any]]:
    """The card of the request, once its run has ended or asks."""
    ends = {"succeeded", "failed", "undone", "void", "uncertain"}
    return [
        card
        for card in cards(bot.sim)
        if payload(card)["request"] == request and payload(card)["state"] in ends
    ]


@dataclass(frozen=True)
class Content:
    """All that is in the databases and in the folder with seeds."""

    postgres: object
    redis: str
    neo4j: object
    seeds: object


def content(relica: Project) -> Content:
    return Content(
        postgres=fingerprint.database(relica.uri()),
        redis=redis(relica, "XRANGE", "papers", "-", "+") + redis(relica, "GET", "größe"),
        neo4j=neo4j.fingerprint(relica),
        seeds=tree_of(relica.folder / "seed_csv"),
    )


def redis(relica: Project, *words: str) -> str:
    return relica.in_container("redis", "redis-cli", *words)


def fill(relica: Project) -> None:
    (relica.folder / "seed_csv" / "papers.csv").write_text("id,title\n1,Über alles\n")
    with psycopg.connect(relica.uri(), autocommit=True) as connection:
        for statement in _FILL.split(";\n"):
            if statement.strip():
                connection.execute(statement.encode())
    redis(relica, "SET", "größe", "12 «ß»")
    for number in range(5):
        redis(relica, "XADD", "papers", f"{number + 1}-0", "title", f"paper {number}")
    neo4j.cypher(relica, *neo4j.FILL)


@pytest.mark.covers("B1 B2 B8", "R")
@pytest.mark.covers("B9", "R", only="on the same host")
def test_a_set_is_one_backup_and_comes_back_after_the_loss_of_everything(
    relica: Project, bot: Bot
) -> None:
    """Containers, volumes, a folder and the bot's own memory are gone; one request and two
    approvals later everything is as it was, up and healthy, within the objective."""
    fill(relica)
    whole = content(relica)
    before = {name: relica.container(name).since for name in ("archivist", "clarity", "shutter")}

    request = payload(approved(bot, asked(bot, "backup relica full"), "ben"))["request"]
    after = {name: relica.container(name).since for name in before}
    assert {name for name in before if before[name] != after[name]} == {"archivist", "clarity"}
    [backup] = [path.name for path in (relica.folder / "backups/relica").glob(f"*-{request}")]
    shown = ask(bot.sim, f"backups show {backup}")
    assert "consistent: archivist and clarity were stopped from" in shown
    assert "postgres, neo4j, redis, init-scripts and seed-csv copied in that time" in shown
    assert "prism, shutter and aperture use them too, and they were not stopped" in shown

    bot.stop()
    relica.compose("down", "--volumes", "--timeout", "2")
    shutil.rmtree(relica.folder / "seed_csv")
    for file in relica.folder.glob("interlock.db*"):
        file.unlink()
    bot.start()

    card = asked(bot, "recover relica full")
    said = text_of(card)
    assert "RECOVER prod/relica full to" in said
    assert "postgres cannot be looked at" in said
    ended = text_of(approved(bot, card))

    assert content(relica) == whole
    assert "prod/relica: 11 of 11 services up" in ask(bot.sim, "status relica")
    assert "after it was asked for; the objective is 30 min" in ended


def test_what_is_there_is_saved_first(relica: Project, bot: Bot) -> None:
    """A damaged stack that runs: recovered, with a safety backup of the damage, and each
    datastore can be taken back by itself."""
    whole = content(relica)
    with psycopg.connect(relica.uri(), autocommit=True) as connection:
        connection.execute("DELETE FROM papers WHERE id > 10")
    redis(relica, "DEL", "papers")
    neo4j.cypher(relica, "MATCH (n) DETACH DELETE n")
    damaged = content(relica)
    card = approved(bot, asked(bot, "recover relica full latest"))
    assert content(relica) == whole
    run = payload(card)["run"]
    shown = ask(bot.sim, f"backups show {run}")
    assert "safety" in shown and "consistent: " in shown
    approved(bot, asked(bot, f"restore relica postgres --undo {run}"))
    assert content(relica).postgres == damaged.postgres
