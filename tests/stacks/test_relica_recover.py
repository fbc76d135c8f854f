"""Relica by wire: backed up as one set, lost with its volumes and the bot's memory, recovered."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import yaml

from bot.workspace.testing import running_workspace
from tests.support import fingerprint
from tests.support.bot import Bot, interlock_yaml
from tests.support.docker import PASSWORD, REDIS_PASSWORD, Project
from tests.support.harbor import tree_of
from tests.support.talk import (
    ask,
    card_in,
    new_card,
    payload,
    press,
    run_to_the_end,
    text_of,
)
from tests.support.workspace import Sim

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

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
    """A bot that operates Relica, whose set `full` is PostgreSQL and the folder with seeds."""
    seeds = relica.folder / "seed_csv"
    seeds.mkdir()
    (seeds / "papers.csv").write_text("id,title\n1,Über alles\n")
    amend(relica, seeds)
    policy = interlock_yaml(relica.stack_file.name)
    (relica.folder / "interlock.yaml").write_text(json.dumps(policy))
    with (
        pytest.MonkeyPatch.context() as environment,
        running_workspace(relica.folder / "workspace", rates=False) as workspace,
        httpx.Client(base_url=workspace.url, timeout=60, trust_env=False) as http,
    ):
        environment.setenv("RELICA_PG_PASSWORD", PASSWORD)
        environment.setenv("RELICA_REDIS_PASSWORD", REDIS_PASSWORD)
        made = Bot(relica.folder, Sim(workspace, http))
        made.start()
        try:
            run_to_the_end(made, "start relica", ("ben",), seconds=240)
            yield made
        finally:
            made.end()


def amend(relica: Project, seeds: Path) -> None:
    """Two datastores that are backed up as one, while two services that write are down."""
    described: dict[str, Any] = yaml.safe_load(relica.stack_file.read_text())
    postgres = described["datastores"]["postgres"]
    described["datastores"] = {
        "postgres": postgres,
        "seeds": {"kind": "files", "path": str(seeds)},
    }
    described["backup"] |= {
        "sets": {"full": ["postgres", "seeds"]},
        "quiesce": {"full": ["archivist", "clarity"]},
    }
    described["objectives"] = {"rto": "30m"}
    relica.stack_file.write_text(yaml.safe_dump(described, sort_keys=False))


def approved(bot: Bot, text: str, seconds: float = 240) -> dict[str, Any]:
    """Asked by ana, approved by two, succeeded; the card at the end."""
    request = payload(new_card(bot, text))["request"]
    for voter in ("ben", "cleo"):
        press(bot.sim, card_in(bot.sim, "pending", request), "approve", voter)
    return card_in(bot.sim, "succeeded", request, seconds)


def test_a_set_is_one_backup_and_comes_back_after_the_loss_of_everything(
    relica: Project, bot: Bot
) -> None:
    """Containers, volumes, a folder and the bot's own memory are gone; one request and two
    approvals later everything is as it was, up and healthy, within the objective."""
    with psycopg.connect(relica.uri(), autocommit=True) as connection:
        for statement in _FILL.split(";\n"):
            if statement.strip():
                connection.execute(statement.encode())
    whole, seeds = fingerprint.database(relica.uri()), tree_of(relica.folder / "seed_csv")
    before = {name: relica.container(name).since for name in ("archivist", "clarity", "shutter")}

    request = run_to_the_end(bot, "backup relica full", ("ben",), seconds=120)
    after = {name: relica.container(name).since for name in before}
    assert {name for name in before if before[name] != after[name]} == {"archivist", "clarity"}
    [backup] = [path.name for path in (relica.folder / "backups/relica").glob(f"*-{request}")]
    shown = ask(bot.sim, f"backups show {backup}")
    assert "consistent: archivist and clarity were stopped from" in shown
    assert "postgres and seeds copied in that time" in shown
    assert "shutter and aperture use them too, and they were not stopped" in shown

    bot.stop()
    relica.compose("down", "--volumes", "--timeout", "2")
    shutil.rmtree(relica.folder / "seed_csv")
    for file in relica.folder.glob("interlock.db*"):
        file.unlink()
    bot.start()

    asked = new_card(bot, "recover relica full")
    said = text_of(asked)
    assert "RECOVER prod/relica full to" in said
    assert "postgres cannot be looked at" in said
    request = payload(asked)["request"]
    for voter in ("ben", "cleo"):
        press(bot.sim, card_in(bot.sim, "pending", request), "approve", voter)
    ended = text_of(card_in(bot.sim, "succeeded", request, seconds=240))

    assert fingerprint.database(relica.uri()) == whole
    assert tree_of(relica.folder / "seed_csv") == seeds
    assert "prod/relica: 10 of 10 services up" in ask(bot.sim, "status relica")
    assert "after it was asked for; the objective is 30 min" in ended


def test_what_is_there_is_saved_first(relica: Project, bot: Bot) -> None:
    """A damaged stack that runs: recovered, with a safety backup of the damage, and each
    datastore can be taken back by itself."""
    with psycopg.connect(relica.uri(), autocommit=True) as connection:
        connection.execute("DELETE FROM papers WHERE id > 10")
    damaged = fingerprint.database(relica.uri())
    card = approved(bot, "recover relica full latest")
    with psycopg.connect(relica.uri(), autocommit=True) as connection:
        rows = connection.execute("SELECT count(*) FROM papers").fetchone()
    assert rows == (3000,)
    run = payload(card)["run"]
    assert "safety" in ask(bot.sim, f"backups show {run}")
    approved(bot, f"restore relica postgres --undo {run}")
    assert fingerprint.database(relica.uri()) == damaged
