"""A second bot beside a system: it takes alerts in, and looks at the system without a pause."""

import json
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from bot.workspace.testing import running_workspace
from tests.images.build import image
from tests.support.alerting import alert_cards
from tests.support.bot import Bot, interlock_yaml, wait_until
from tests.support.prometheus import TOKEN, Watch, answers
from tests.support.systems import Operated, System
from tests.support.talk import text_of
from tests.support.workspace import Sim

Json = dict[str, Any]
_SOURCES = {
    "grafana": {"kind": "grafana", "basic": {"user": "grafana", "password": "env:ALERT_TOKEN"}},
    "jobs": {
        "kind": "generic",
        "bearer": "env:ALERT_TOKEN",
        "mapping": {"rule": "job.name", "state": "status", "severity": "level", "stack": "where"},
    },
}
QUIET_FROM = (datetime.now(UTC).hour + 10) % 23
"""The hour of the day, in UTC, in which nobody wants to hear of what is not critical."""
_PERCENT_OF_A_CORE = 4
_LARGE = 1_100_000
_SITE = """
daemon off;
user root;
pid /tmp/nginx.pid;
events {{}}
http {{
  access_log /watched/access.log;
  error_log /watched/error.log;
  server {{
    listen {address};
    root /watched/site;
    location /admin {{ auth_basic closed; auth_basic_user_file /watched/nobody; }}
  }}
}}
"""


@dataclass(frozen=True)
class Alerted(Operated):
    """A system, the bot that looks at it, and a real nginx whose access log is the stack's own."""

    system: System
    bot: Bot
    site: str

    @property
    def name(self) -> str:
        return self.system.name

    def card(self, rule: str, state: str, seconds: float = 60) -> Json:
        """The newest card of the rule, once it is in that state."""

        made: Json = wait_until(
            lambda: self.standing(rule, state), f"a card of {rule} that is {state}", seconds
        )
        return made

    def standing(self, rule: str, state: str) -> Json | None:
        """That card, where the newest one of the rule is in that state now."""
        opening = f"{self.name}: {rule},"
        found = [each for each in alert_cards(self.bot) if opening in text_of(each)][-1:]
        return next((c for c in found if _state(c) == state), None)

    def posts(self, source: str, payload: Json) -> None:
        """What somebody sends to the bot."""
        proof: Json = {"headers": {"Authorization": f"Bearer {TOKEN}"}}
        if source == "grafana":
            proof = {"auth": ("grafana", TOKEN)}
        place = f"{self.bot.address}/alerts/{source}"
        httpx.post(place, json=payload, timeout=10, **proof).raise_for_status()

    def visits(self, path: str, times: int, source: str = "127.0.0.1") -> None:
        """So many requests to the nginx from that address of this host."""
        with httpx.Client(
            transport=httpx.HTTPTransport(local_address=source), base_url=self.site, timeout=10
        ) as client:
            for _ in range(times):
                client.get(path)


def _state(card: Json) -> str:
    return str(card["metadata"]["event_payload"]["state"])


@contextmanager
def alerted(
    system: System, folder: Path, watch: Watch, ports: tuple[int, int]
) -> Iterator[Alerted]:
    """The bot listens on the first port, nginx on the second. It reads a copy of the system's stack
    file that names nginx's log besides, and whose limit of a processor is one that a database with
    much to do reaches beside all else here; what it looks at, it looks at every second."""
    described = yaml.safe_load(system.project.stack_file.read_text())
    for service in described["services"].values():
        if "health" in service:
            service["health"]["interval"] = "1s"
    log = {"path": str(folder / "nginx" / "access.log")}
    if "rules" in described.get("telemetry", {}):
        prometheus = str(system.project.container("prometheus").id)
        promtool = ["docker", "exec", "-i", prometheus, "promtool"]
        described["telemetry"]["rules"]["promtool"] = promtool
    described["logs"] = [*described.get("logs", []), log]
    for threshold in described["thresholds"].values():
        if threshold["measure"] == "database_cpu_percent":
            threshold["limit"] = _PERCENT_OF_A_CORE
    copy = system.project.folder / f"{system.name}.alerted.yaml"
    copy.write_text(yaml.safe_dump(described, sort_keys=False))
    home = folder / "home"
    home.mkdir(parents=True)
    (home / "interlock.yaml").write_text(json.dumps(_settings(str(copy), watch)))
    with (
        pytest.MonkeyPatch.context() as environment,
        nginx(folder / "nginx", ports[1]) as site,
        running_workspace(folder / "workspace", rates=False, answer_seconds=50) as workspace,
        httpx.Client(base_url=workspace.url, timeout=60, trust_env=False) as http,
    ):
        environment.setenv("ALERT_TOKEN", TOKEN)
        bot = Bot(home, Sim(workspace, http), port=ports[0])
        bot.start()
        try:
            yield Alerted(system, bot, site)
        finally:
            bot.end()
            copy.unlink()


def _settings(stack: str, watch: Watch) -> Json:
    real = {"kind": "alertmanager", "bearer": "env:ALERT_TOKEN", "api": watch.alertmanager}
    return interlock_yaml(stack) | {
        "sampling": {"interval": "2s"},
        "conditions": {"every": "1s", "logs_every": "1s"},
        "alerts": {
            "sources": {"alertmanager": real, **_SOURCES},
            "storm": {"groups": 100},
            "settle": "1s",
            "quiet": {"from": f"{QUIET_FROM:02}:00", "to": f"{QUIET_FROM + 1:02}:00"},
        },
    }


@contextmanager
def nginx(folder: Path, port: int) -> Iterator[str]:
    """A real one that writes its usual access log into the folder; its address."""
    (folder / "site").mkdir(parents=True)
    (folder / "site" / "index.html").write_text("hello")
    (folder / "site" / "dump").write_bytes(b"\0" * _LARGE)
    (folder / "nobody").touch()
    address, name = f"127.0.0.1:{port}", f"interlock-nginx-{uuid.uuid4().hex[:6]}"
    (folder / "nginx.conf").write_text(_SITE.format(address=address))
    argv = ["docker", "run", "--detach", "--name", name, "--network", "host", "--user", "0"]
    argv += ["--volume", f"{folder}:/watched", "--entrypoint", "nginx", image("systemd")]
    try:
        subprocess.run([*argv, "-c", "/watched/nginx.conf"], check=True, capture_output=True)
        wait_until(lambda: answers(f"http://{address}/"), "nginx to answer", 30)
        yield f"http://{address}"
    finally:
        gone = ["docker", "rm", "--force", "--volumes", name]
        subprocess.run(gone, capture_output=True, check=True)
