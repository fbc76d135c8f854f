"""A bot that is killed while a server is recovered aside: its next life leaves nothing behind."""

import json
import signal
from collections.abc import Iterator

import httpx
import pytest

from bot.workspace.testing import running_workspace
from playbooks.hosts.containers.helper import helpers
from tests.support import fingerprint
from tests.support.bot import Bot, interlock_yaml, wait_until
from tests.support.docker import PASSWORD, Project
from tests.support.pg_container import archiving_project, described, moment_of, run
from tests.support.talk import card_in, payload, press
from tests.support.workspace import Sim

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A server with an archive; its database is in a backup, and was changed since."""
    with archiving_project(tmp_path_factory.mktemp("kills")) as made:
        run(made, "template1", "CREATE DATABASE harbor TEMPLATE template0")
        run(made, "harbor", "CREATE TABLE berths AS SELECT g AS no FROM generate_series(1, 500) g")
        yield made


@pytest.fixture(scope="module")
def bot(server: Project) -> Iterator[Bot]:
    archive = {"tool": "pgbackrest", "stanza": "harbor"}
    stack = described(server, {"database": "harbor", "archive": archive})
    (server.folder / "harbor.yaml").write_text(json.dumps(stack))
    (server.folder / "interlock.yaml").write_text(json.dumps(interlock_yaml("harbor.yaml")))
    with (
        pytest.MonkeyPatch.context() as patch,
        running_workspace(server.folder / "workspace", rates=False) as workspace,
        httpx.Client(base_url=workspace.url, timeout=60, trust_env=False) as http,
    ):
        patch.setenv("PG_PASSWORD", PASSWORD)
        running = Bot(server.folder, Sim(workspace, http))
        running.start()
        asked(running, "backup harbor postgres")
        card_in(running.sim, "succeeded", seconds=120)
        try:
            yield running
        finally:
            running.end()


def asked(bot: Bot, text: str) -> None:
    """By ana; what is looked at may take longer than the first answer does."""
    bot.sim.command(text, user="ana", channel="ops")


@pytest.mark.parametrize("point", ["", "step:fetch:effect"])
def test_a_recovery_is_begun_again(server: Project, bot: Bot, point: str) -> None:
    """Killed while the helper plays the log on, and with all dumped but not noted: the run goes on
    by itself to its end, the database is as it was then, no helper and no plain dump is left."""
    then, whole = moment_of(server, "harbor"), fingerprint.database(server.uri("harbor"))
    run(server, "harbor", "DELETE FROM berths WHERE no > 20")
    bot.stop()
    bot.start(failpoint=point)
    asked(bot, f"restore harbor postgres {then.isoformat()}")
    request = payload(card_in(bot.sim, "pending", seconds=60))["request"]
    for voter in ("ben", "cleo"):
        press(bot.sim, card_in(bot.sim, "pending", request), "approve", voter)
    if point:
        assert bot.died(120) == -signal.SIGKILL
    else:
        wait_until(lambda: request in helpers().values(), "a server aside", 60)
        bot.kill()
        assert request in helpers().values(), "nobody is there to end it"
    bot.start()
    card_in(bot.sim, "succeeded", request, seconds=180)
    assert fingerprint.database(server.uri("harbor")) == whole
    assert request not in helpers().values()
    assert not list(server.folder.glob("*/.scratch/*"))
