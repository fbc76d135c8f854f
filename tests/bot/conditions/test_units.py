"""Interlock's own conditions on a host with systemd, reached by ssh: its units, its disk, its
journal."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from bot.workspace.testing import running_workspace
from tests.bot.conditions.test_conditions import card
from tests.support.bot import Bot, interlock_yaml, wait_until
from tests.support.docker import require_docker
from tests.support.ssh_host import SshHost, ssh_host
from tests.support.talk import ask, text_of
from tests.support.workspace import Sim

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

_FLAPPING = """[Unit]
StartLimitIntervalSec=0
[Service]
ExecStart=/bin/sh -c 'echo Authentication failed for carol from 203.0.113.9; sleep 0.5; exit 1'
Restart=always
RestartSec=200ms
"""


@dataclass(frozen=True)
class Harness:
    """The bot, and the host that it looks at."""

    bot: Bot
    host: SshHost


@pytest.fixture(scope="module")
def bot(harness: Harness) -> Bot:
    return harness.bot


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    """A bot that looks every two seconds at a host on which a unit never stays up."""
    require_docker()
    folder: Path = tmp_path_factory.mktemp("units")
    with (
        ssh_host(tmp_path_factory.mktemp("host")) as host,
        running_workspace(folder / "workspace", rates=False) as workspace,
        httpx.Client(base_url=workspace.url, timeout=60, trust_env=False) as http,
    ):
        host.write("/etc/systemd/system/flapping.service", _FLAPPING)
        host.does("systemctl", "daemon-reload")
        stack = {
            "name": "harbor",
            "environment": "prod",
            "channel": "ops-harbor",
            "host": "web-1",
            "hosts": {"web-1": host.described()},
            "services": {
                "bff": {"systemd": {"unit": "flapping.service", "sudo": True}},
                "web": {
                    "systemd": {"unit": "nginx.service", "sudo": True},
                    "logs": [{"path": "/var/log/nginx/access.log"}],
                },
            },
            "thresholds": {
                "loop": {"measure": "restart_loop", "severity": "critical"},
                "disk": {"measure": "disk_free_percent", "limit": 100},
            },
            "security": {
                "use": ["nginx"],
                "patterns": {"failed-login": "Authentication failed"},
                "counts": {"failed-login": {"at_least": 3}},
            },
        }
        (folder / "harbor.yaml").write_text(json.dumps(stack))
        quick = {"conditions": {"every": "2s", "logs_every": "2s"}}
        (folder / "interlock.yaml").write_text(json.dumps(interlock_yaml("harbor.yaml") | quick))
        made = Bot(folder, Sim(workspace, http))
        try:
            made.start()
            host.does("systemctl", "start", "flapping.service")
            yield Harness(made, host)
        finally:
            made.end()


@pytest.mark.covers("R1", "S", only="restart loops of units, disks of a host behind ssh")
def test_a_unit_that_never_stays_up_and_a_disk_behind_ssh(bot: Bot) -> None:
    """systemd's own count makes the loop known; the host's own df the disk."""
    said = text_of(card(bot, "loop", "firing", 60))
    assert "flapping.service is started again and again" in said and "service=bff" in said
    assert "mount=/" in text_of(card(bot, "disk", "firing", 60))


@pytest.mark.covers("R10", "S", only="failed logins, in the journal of a unit")
def test_failed_logins_in_a_journal(bot: Bot) -> None:
    """The journal is looked through as log files are."""
    said = text_of(card(bot, "security-failed-login", "firing", 60))
    assert "203.0.113.9" in said and "in the logs of bff" in said


@pytest.mark.covers("R10", "S", only="attacks on a real nginx")
def test_attacks_on_a_real_nginx(harness: Harness) -> None:
    """What somebody tries is in nginx's own access log, and on a card that names them. A log that
    may not be read is said, and once it may, nothing of it was missed."""
    watched = "security-probing, probing, 5 or more in 10m from one source: all is well"
    wait_until(lambda: watched in ask(harness.bot.sim, "alerts harbor"), "the first look", 30)
    site = f"http://127.0.0.1:{harness.host.web}"
    httpx.get(f"{site}/", timeout=10, trust_env=False)
    wait_until(lambda: "access.log: " in ask(harness.bot.sim, "alerts harbor"), "the reason", 30)
    harness.host.does("chmod", "644", "/var/log/nginx/access.log")
    for _ in range(5):
        httpx.get(f"{site}/.env", timeout=10, trust_env=False)
        httpx.get(f"{site}/?id=1%27%20OR%20%271%27=%271", timeout=10, trust_env=False)
    probing = text_of(card(harness.bot, "security-probing", "firing", 60))
    assert "GET /.env" in probing and "in the logs of web" in probing
    assert "sql-injection" in text_of(card(harness.bot, "security-sql-injection", "firing", 60))
