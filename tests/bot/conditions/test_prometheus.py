"""Errors and latency of a stack, read from a real Prometheus by the queries that are usual."""

import subprocess
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import yaml

from bot.facts import ThreadedFacts
from playbooks.catalogue import READERS
from playbooks.model.stack import Stack
from playbooks.respond.measuring import Measured, measured, needs
from playbooks.respond.seen import Seen
from tests.images.build import image
from tests.support.bot import wait_until
from tests.support.docker import require_docker
from tests.support.ports import held_ports
from tests.support.work import KnownSecrets

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

_OWN = "prometheus_http_request"
_RENAMED = [
    {
        "source_labels": ["__name__"],
        "regex": f"{_OWN}s_total",
        "target_label": "__name__",
        "replacement": "http_requests_total",
    },
    {
        "source_labels": ["__name__"],
        "regex": f"{_OWN}_duration_seconds_(.*)",
        "target_label": "__name__",
        "replacement": "http_request_duration_seconds_$1",
    },
    # What it refuses counts as what went wrong.
    {"source_labels": ["code"], "regex": "2..", "target_label": "status", "replacement": "200"},
    {"source_labels": ["code"], "regex": "4..", "target_label": "status", "replacement": "500"},
]


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One that measures itself, under the names that applications use."""
    require_docker()
    folder: Path = tmp_path_factory.mktemp("prometheus")
    with held_ports(1) as (port,):
        address, name = f"127.0.0.1:{port}", f"interlock-prom-{uuid.uuid4().hex[:6]}"
        job = {
            "job_name": "api",
            "static_configs": [{"targets": [address]}],
            "metric_relabel_configs": _RENAMED,
        }
        described = {"global": {"scrape_interval": "1s"}, "scrape_configs": [job]}
        (folder / "prometheus.yml").write_text(yaml.safe_dump(described))
        argv = ["docker", "run", "--detach", "--name", name, "--network", "host", "--user", "0"]
        argv += ["--volume", f"{folder}:/watch:ro", "--entrypoint", "prometheus"]
        argv += [image("prometheus"), "--config.file=/watch/prometheus.yml"]
        argv += ["--storage.tsdb.path=/tmp/data", f"--web.listen-address={address}"]
        try:
            subprocess.run(argv, check=True, capture_output=True)
            yield f"http://{address}"
        finally:
            gone = ["docker", "rm", "--force", "--volumes", name]
            subprocess.run(gone, capture_output=True, check=True)


def stack(prometheus: str) -> Stack:
    rules = {"errors": ("error_percent", 5), "rate": ("errors_per_second", 0.05)}
    rules["slow"] = ("p95_seconds", 1)
    return Stack.model_validate(
        {
            "name": "harbor",
            "environment": "prod",
            "channel": "ops",
            "services": {"api": {}, "web": {}},
            "telemetry": {
                "prometheus": prometheus,
                "prometheus_labels": {"api": 'job="api"'},
            },
            "thresholds": {
                **{
                    name: {"measure": measure, "limit": limit, "services": ["api"]}
                    for name, (measure, limit) in rules.items()
                },
                "elsewhere": {"measure": "error_percent", "limit": 5, "services": ["web"]},
            },
        }
    )


def look(on: Stack) -> Measured:
    now = datetime.now(UTC)
    facts = ThreadedFacts(READERS, KnownSecrets(), lambda: now).read(on, needs(on))
    return measured(on, on.thresholds, Seen(now, facts))


def asked(prometheus: str, query: str) -> None:
    """One request that it answers, or refuses where the query is none."""
    httpx.get(f"{prometheus}/api/v1/query", params={"query": query}, timeout=5)


@pytest.mark.covers("R1", "NA", only="error rate and p95 from Prometheus")
def test_errors_and_latency_are_read_from_prometheus(prometheus: str) -> None:
    """Half of what is asked fails: so many per cent, so many a second, and how slow; a service of
    which Prometheus has nothing is said, not taken for well."""
    on = stack(prometheus)

    def answered() -> Measured | None:
        try:
            asked(prometheus, "up")
            asked(prometheus, "(")
        except httpx.HTTPError:
            return None
        found = look(on)
        errors = found.readings.get("errors", ())
        return found if errors and errors[0].value > 5 and "slow" in found.readings else None

    found: Measured = wait_until(answered, "values in Prometheus", 60)
    [errors], [rate], [slow] = (found.readings[name] for name in ("errors", "rate", "slow"))
    assert 5 < errors.value < 100 and errors.labels == {"service": "api"}
    assert rate.value > 0 and 0 < slow.value < 5
    assert "Prometheus has no values for errors of web" in found.unmeasured["elsewhere"]


def test_a_prometheus_that_is_away_is_said() -> None:
    """Nothing is taken for well: the reason stands where the value would."""
    with held_ports(1) as (port,):
        away = f"http://127.0.0.1:{port}"
    assert "cannot be reached" in look(stack(away)).unmeasured["errors"]
