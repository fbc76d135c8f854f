"""What a run remembers and says of an error has no secret in it, not even the half of one."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.engine.failpoints import Failpoints
from bot.facts import ThreadedFacts
from bot.secrets import References
from bot.store.tables import audit, journal, outbox, requests, runs
from commands.ports import Asking
from notifiers.ports import Body, Desired, Lane
from notifiers.redactor import MASK, Redactor
from notifiers.views import blocks
from notifiers.views.text import clip
from notifiers.wire import content
from playbooks.catalogue import ACTIONS, PLAYBOOKS, READERS
from playbooks.datastores.protocol import BackupParams
from playbooks.errors import FactUnavailable
from playbooks.model.stack import Stack
from tests.support import yard
from tests.support.house import House, Materials, build
from tests.support.postgres import Server
from tests.support.story import PEOPLE, resting, until

SECRET = "tide-7-Kx!wq"
_USER = "limited_reader"


@pytest.fixture
def stack(postgres_server: Server, database: str, tmp_path: Path) -> Iterator[Stack]:
    """A database with a table that our user may not read, called as the password is."""
    postgres_server.run(
        database,
        f'CREATE ROLE {_USER} LOGIN; CREATE TABLE "{SECRET}" (id int); '
        f'REVOKE ALL ON "{SECRET}" FROM PUBLIC',
    )
    store = postgres_server.store(database, user=_USER, password="env:TIDE")
    yield Stack.model_validate(
        {
            "name": "harbor",
            "environment": "prod",
            "channel": "ops-harbor",
            "datastores": {"postgres": store.model_dump()},
            "backup": {"repository": f"file://{tmp_path}/backups"},
        }
    )
    postgres_server.run(database, f'DROP TABLE "{SECRET}"; DROP ROLE {_USER}')


@pytest.fixture
def house(stack: Stack, tmp_path: Path) -> Iterator[House]:
    redactor = Redactor()
    secrets = References(redactor.learn, {"TIDE": SECRET, "ALSO": SECRET})

    def now() -> datetime:
        return datetime.now(UTC)

    built = build(
        Materials(
            database_url=f"sqlite:///{tmp_path / 'interlock.db'}",
            policy=yard.policy(),
            stacks={stack.name: stack},
            playbooks=PLAYBOOKS,
            actions=ACTIONS,
            facts=ThreadedFacts(READERS, secrets, now, redact=redactor.redact),
            secrets=secrets,
            now=now,
            failpoints=Failpoints({}),
            channel_of=lambda each: each.channel,
            tick=0.1,
            pauses=(0.01,),
            redactor=redactor,
        )
    )
    yield built
    built.database.close()


def remembered(house: House) -> str:
    """Everything the database holds, as text."""
    with house.database.read() as connection:
        rows = [
            connection.execute(sa.select(table)).mappings().all()
            for table in (journal, runs, requests, audit, outbox)
        ]
    return json.dumps([[dict(row) for row in table] for table in rows], default=str)


async def test_an_error_of_pg_dump_is_stored_without_the_secret_in_it(
    house: House, stack: Stack
) -> None:
    """Journal, outcome, audit and messages of a failed dump have a mask where the secret was."""
    plan = await asyncio.to_thread(
        house.gate.plan, "backup", stack, BackupParams(datastores=("postgres",))
    )
    actor = house.access.actor(PEOPLE["ana"])
    asking = Asking(actor=actor, channel="C", typed=f"backup harbor # {SECRET}")
    await house.engine.start()
    try:
        dossier = await asyncio.to_thread(house.gate.ask, plan, asking)
        ended = await until(house, dossier.request.id, resting)
    finally:
        await house.engine.stop()
    assert ended.run is not None
    assert ended.run.state == "undone"
    assert "pg_dump ended with 1" in ended.run.outcome
    assert f"permission denied for table {MASK}" in ended.run.outcome
    (failed,) = [step for step in ended.run.steps if step.state == "failed"]
    assert MASK in failed.error
    assert ended.request.typed == f"backup harbor # {MASK}"
    assert SECRET not in remembered(house)


async def test_the_reason_of_a_fact_has_no_secret(house: House, stack: Stack) -> None:
    """The server's refusal of a connection is said without the value it quotes."""
    store = stack.datastores["postgres"].model_copy(update={"user": SECRET})
    other = stack.model_copy(update={"datastores": {"postgres": store}})
    with pytest.raises(FactUnavailable) as refused:
        house.gate.plan("backup", other, BackupParams(datastores=("postgres",)))
    assert MASK in str(refused.value)
    assert SECRET not in str(refused.value)


def test_a_secret_cut_by_a_card_does_not_show_its_beginning(house: House) -> None:
    """Texts are clipped for Slack before they are sent; the rest of a secret is masked there."""
    redactor = house.ledger.redactor
    redactor.learn(SECRET)
    error = f"{'x' * 40} {SECRET} and more"
    for limit in range(30, 60):
        body = Body(text=clip(error, limit), blocks=tuple(blocks.sections(clip(error, limit))))
        desired = Desired(key="k", channel="C", lane=Lane.UPDATE, version=1, body=body)
        said = json.dumps(content(desired, redactor), ensure_ascii=False)
        assert SECRET[:5] not in said
