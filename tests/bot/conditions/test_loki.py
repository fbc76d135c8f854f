"""What a real nginx wrote, looked through for attacks where it is only to be had from Loki."""

import json
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from bot.workspace.testing import running_workspace
from tests.bot.conditions.test_conditions import card, changed
from tests.images.build import image
from tests.support.alerted import nginx
from tests.support.bot import bot_beside, wait_until
from tests.support.docker import require_docker
from tests.support.ports import held_ports
from tests.support.prometheus import answers
from tests.support.talk import ask, text_of
from tests.support.workspace import Sim

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

_SECURITY = {
    "use": ["nginx"],
    "counts": {"probing": {"at_least": 3, "by": "source"}},
    "large_response_bytes": 1_000_000,
    "services": ["edge"],
}


@contextmanager
def loki(port: int) -> Iterator[str]:
    """A stand-in that speaks what is documented of Loki; its address."""
    name = f"interlock-loki-{uuid.uuid4().hex[:6]}"
    argv = ["docker", "run", "--detach", "--name", name, "--network", "host"]
    try:
        subprocess.run(
            [*argv, "--env", f"PORT={port}", image("loki")], check=True, capture_output=True
        )
        wait_until(lambda: answers(f"http://127.0.0.1:{port}/ready"), "Loki to answer", 30)
        yield f"http://127.0.0.1:{port}"
    finally:
        gone = ["docker", "rm", "--force", "--volumes", name]
        subprocess.run(gone, capture_output=True, check=True)


@pytest.mark.covers("R10", "N", by_contract=True, only="lines of a real nginx, in Loki")
def test_attacks_are_told_of_by_contract(tmp_path: Path) -> None:
    """A service that is known only by its stream in Loki: probes and answers that are too large are
    alerts that name their source."""
    require_docker()
    with (
        held_ports(2) as (port, other),
        nginx(tmp_path / "nginx", port) as site,
        loki(other) as streams,
        running_workspace(tmp_path / "workspace", rates=False) as workspace,
        httpx.Client(base_url=workspace.url, timeout=30, trust_env=False) as http,
        bot_beside(Sim(workspace, http), tmp_path / "home") as bot,
    ):
        changed(bot.folder / "interlock.yaml", conditions={"logs_every": "1s"})
        stack = bot.folder / "harbor.yaml"
        services = json.loads(stack.read_text())["services"] | {"edge": {}}
        telemetry = {"loki": streams, "loki_labels": {"edge": 'job="nginx"'}}
        changed(stack, services=services, telemetry=telemetry, security=_SECURITY)
        bot.start()
        watched = "security-probing, probing, 3 or more in 10m from one source: all is well"
        wait_until(lambda: watched in ask(bot.sim, "alerts harbor"), "the first look", 30)
        for path in ("/.env", "/.git/config", "/wp-login.php", *["/dump"] * 10):
            httpx.get(f"{site}{path}", timeout=10, trust_env=False)
        lines = (tmp_path / "nginx" / "access.log").read_text().splitlines()
        began = time.time_ns()
        values = [[str(began + place), line] for place, line in enumerate(lines)]
        body = {"streams": [{"stream": {"job": "nginx"}, "values": values}]}
        httpx.post(f"{streams}/loki/api/v1/push", json=body, timeout=10).raise_for_status()
        probing = text_of(card(bot, "security-probing", "firing", 60))
        assert "GET /.env" in probing and "in the logs of edge" in probing
        large = text_of(card(bot, "security-large-response", "firing", 60))
        assert "answers that are large, most from 127.0.0.1" in large
