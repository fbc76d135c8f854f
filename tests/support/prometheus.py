"""A real Prometheus with its rules and a real Alertmanager, in containers on this network."""

import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.images.build import image
from tests.support.bot import wait_until

TOKEN = "Sesame-alerts-3"
RULE = "HarborFull"
_PROMETHEUS = (
    *("--storage.tsdb.path=/tmp/data", "--web.enable-lifecycle"),
    "--rules.alert.resend-delay=1s",
)
_ALERTMANAGER = ("--storage.path=/tmp/data", "--cluster.listen-address=")


@dataclass
class Watch:
    """Prometheus and Alertmanager on loopback, in the network of this host."""

    folder: Path
    prometheus: str
    alertmanager: str
    names: tuple[str, str]

    def every_kind(self, *, firing: bool) -> None:
        """Rules of all kinds: for a while, for several instances, on a recorded value, on what is
        not there, by the words of others for severity."""
        limit = 90 if firing else 99
        several = " or ".join(
            f'label_replace(vector(97), "instance", "quay-{number}", "", "")'
            for number in (1, 2, 3)
        )
        expressions = {
            "Lasting": f"vector(97) > {limit}",
            "Several": f"({several}) > {limit}",
            "Recorded": f"harbor:berths > {limit}",
            "Gone": 'absent(up{job="nobody"})' if firing else 'absent(up{job="nobody"}) > 1',
            "Paging": f"vector(97) > {limit}",
        }
        alerts = [
            {
                "alert": name,
                "expr": expression,
                "labels": {"severity": "page" if name == "Paging" else "info", "stack": "harbor"},
                **({"for": "2s"} if name == "Lasting" else {}),
            }
            for name, expression in expressions.items()
        ]
        self.write([{"record": "harbor:berths", "expr": "vector(97)"}, *alerts])

    def write(self, rules: list[dict[str, Any]]) -> None:
        (self.folder / "rules.yml").write_text(
            yaml.safe_dump({"groups": [{"name": "harbor", "interval": "1s", "rules": rules}]})
        )
        httpx.post(f"{self.prometheus}/-/reload", timeout=10).raise_for_status()

    def rules(self, *, firing: bool) -> None:
        """Writes the rule and has Prometheus read it."""
        rule = {
            "alert": RULE,
            "expr": "vector(97) > 90" if firing else "vector(97) > 99",
            "labels": {"severity": "critical", "stack": "harbor"},
            "annotations": {"summary": "Berths are full", "value": "{{ $value }}"},
        }
        self.write([rule])

    def silences(self) -> list[dict[str, Any]]:
        """Those of Alertmanager that are active."""
        found = httpx.get(f"{self.alertmanager}/api/v2/silences", timeout=10).json()
        return [each for each in found if each["status"]["state"] == "active"]

    def restart_alertmanager(self) -> None:
        subprocess.run(["docker", "restart", "-t", "2", self.names[1]], check=True, timeout=60)
        self.wait()

    def wait(self) -> None:
        for address in (self.prometheus, self.alertmanager):
            wait_until(lambda address=address: answers(f"{address}/-/ready"), address, 60)


def answers(address: str) -> bool:
    try:
        return httpx.get(address, timeout=2).is_success
    except httpx.HTTPError:
        return False


@contextmanager
def watching(folder: Path, bot_address: str, ports: tuple[int, int]) -> Iterator[Watch]:
    """Both of them, ended with the block."""
    folder.mkdir()
    names = f"interlock-prom-{uuid.uuid4().hex[:6]}", f"interlock-am-{uuid.uuid4().hex[:6]}"
    addresses = [f"127.0.0.1:{port}" for port in ports]
    watch = Watch(folder, f"http://{addresses[0]}", f"http://{addresses[1]}", names)
    write_configuration(folder, bot_address, addresses[1])
    share = ["--network", "host", "--volume", f"{folder}:/watch:ro", "--user", "0"]
    programs = {
        names[0]: ["prometheus", *_PROMETHEUS],
        names[1]: ["prometheus-alertmanager", *_ALERTMANAGER],
    }
    try:
        for (name, (program, *options)), address in zip(programs.items(), addresses, strict=True):
            file = "prometheus.yml" if program == "prometheus" else "alertmanager.yml"
            argv = ["docker", "run", "--detach", "--name", name, *share, "--entrypoint", program]
            argv += [image("prometheus"), *options, f"--config.file=/watch/{file}"]
            subprocess.run(
                [*argv, f"--web.listen-address={address}"], check=True, capture_output=True
            )
        watch.wait()
        yield watch
    finally:
        subprocess.run(
            ["docker", "rm", "--force", "--volumes", *names], capture_output=True, check=True
        )


def write_configuration(folder: Path, bot_address: str, alertmanager: str) -> None:
    prometheus = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": ["/watch/rules.yml"],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}]},
    }
    receiver = {
        "url": f"{bot_address}/alerts/alertmanager",
        "http_config": {"authorization": {"credentials": TOKEN}},
    }
    alerting = {
        "route": {
            "receiver": "interlock",
            "group_by": ["alertname"],
            "group_wait": "1s",
            "group_interval": "1s",
            "repeat_interval": "1h",
        },
        "receivers": [{"name": "interlock", "webhook_configs": [receiver]}],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(prometheus))
    (folder / "alertmanager.yml").write_text(yaml.safe_dump(alerting))
    (folder / "rules.yml").write_text("groups: []\n")
