"""The Docker Engine itself is killed, or ended in peace, in the middle of a deploy, and comes back:
what the plan promised holds. On an engine of the test's own."""

import json
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from bot.workspace.testing import running_workspace
from tests.support.bot import Bot, interlock_yaml, wait_until
from tests.support.docker import require_docker
from tests.support.own_engine import OwnEngine, own_engine
from tests.support.systems import Operated
from tests.support.talk import payload, text_of
from tests.support.versions import BETTER, GOOD, Fleet, fleet, version_images
from tests.support.workspace import Sim

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


@dataclass(frozen=True)
class Harbour(Operated):
    """A fleet of two services on an engine of its own, and the bot that operates it there."""

    bot: Bot
    fleet: Fleet
    engine: OwnEngine

    def container(self, name: str) -> str:
        """The id of a service's container that runs, empty without one or while nobody answers."""
        wanted = f"label=com.docker.compose.service={name}"
        try:
            return self.engine.docker("ps", "--quiet", "--no-trunc", "--filter", wanted).strip()
        except AssertionError:
            return ""

    def deploy(self, broken: Callable[[], None]) -> dict[str, Any]:
        """To the better version; `broken` is called once its first service is on its way down. The
        card in the end."""
        former = self.container("s1")
        request = self.asks(f"deploy {self.fleet.stack.name} {BETTER}", "ben")
        wait_until(lambda: self.container("s1") != former, "the first service to be rolled", 60)
        broken()
        self.engine.settle()
        return self.end_of(request)


@pytest.fixture(scope="module")
def harbour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harbour]:
    """Every service comes back with its engine, as compose files of servers have it."""
    require_docker()
    folder, images = tmp_path_factory.mktemp("harbour"), version_images()
    with (
        own_engine(folder / "engine") as engine,
        pytest.MonkeyPatch.context() as patch,
        running_workspace(folder / "workspace", rates=False) as workspace,
        httpx.Client(base_url=workspace.url, timeout=60, trust_env=False) as http,
    ):
        engine.load(*images)
        patch.setenv("DOCKER_HOST", engine.host)
        with fleet(folder, 2) as made:
            file = made.project.folder / "compose.yaml"
            composed = json.loads(file.read_text())
            for service in composed["services"].values():
                service["restart"] = "unless-stopped"
            file.write_text(json.dumps(composed))
            policy = interlock_yaml(made.project.stack_file.name)
            (folder / "interlock.yaml").write_text(json.dumps(policy))
            bot = Bot(folder, Sim(workspace, http))
            bot.start()
            try:
                yield Harbour(bot, made, engine)
            finally:
                bot.end()


@pytest.mark.parametrize(
    ("live_restore", "how"), [(True, signal.SIGKILL), (False, signal.SIGTERM)], ids=["live", "off"]
)
def test_an_engine_that_restarts_in_mid_deploy_leaves_nothing_half_way(
    harbour: Harbour, live_restore: bool, how: signal.Signals
) -> None:
    """All services run one version and are well, and the env file names it: the new one where the
    deploy says that it succeeded, the former one where it says that it was undone."""
    harbour.engine.live_restore = live_restore
    harbour.engine.end(signal.SIGTERM)
    harbour.engine.start()
    harbour.fleet.put(GOOD)
    ended = harbour.deploy(lambda: harbour.engine.restart(how, after_seconds=4))
    state = payload(ended)["state"]
    assert state in {"succeeded", "undone"}, text_of(ended)
    runs = BETTER if state == "succeeded" else GOOD
    assert harbour.fleet.runs(runs), text_of(ended)
    assert harbour.fleet.versions.name(runs) in harbour.fleet.env_file.read_text()
