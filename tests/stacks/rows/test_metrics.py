"""What Prometheus measured of a system, and what is said where there is none."""

from typing import Any

import httpx
import pytest

from tests.support.bot import wait_until
from tests.support.systems import System, on
from tests.support.talk import newest_file
from tests.support.troubles import anew

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

# The service that has metrics, and one of the system's own.
_MEASURED = {
    "neurocore": ("api", "PDFs uploaded", "pdfs_uploaded_total"),
    "analytics-engine": ("database_service", "Redis operations", "redis_operations_total"),
}
_PAGE = """\
# TYPE http_requests_total counter
http_requests_total{{status="200"}} {good}
http_requests_total{{status="500"}} {bad}
# TYPE http_request_duration_seconds histogram
http_request_duration_seconds_bucket{{le="0.1"}} {half}
http_request_duration_seconds_bucket{{le="0.5"}} {all}
http_request_duration_seconds_bucket{{le="+Inf"}} {all}
http_request_duration_seconds_count {all}
http_request_duration_seconds_sum {half}
# TYPE {own} counter
{own} {all}
"""


def _shows(system: System, count: int) -> None:
    """The service's page of metrics after so many requests, a fifth of which failed."""
    service, _, own = _MEASURED[system.name]
    numbers = {"good": count * 8, "bad": count * 2, "half": count * 5, "all": count * 10}
    page = _PAGE.format(own=own, **numbers)
    write = 'printf "%s" "$1" > /srv/metrics'
    system.project.in_container(service, "sh", "-c", write, "sh", page)


def _asked(system: System, query: str) -> Any:
    """What the Prometheus of the system itself says."""
    host, port = system.project.address("prometheus", 9090)
    answer = httpx.get(f"http://{host}:{port}/api/v1/query", params={"query": query}, timeout=5)
    return answer.json()["data"]["result"]


def _scraped(system: System, count: int) -> None:
    """Waits until Prometheus has seen that many requests."""
    _shows(system, count)
    wait_until(
        lambda: any(
            float(each["value"][1]) == count * 8
            for each in _asked(system, 'http_requests_total{status="200"}')
        ),
        "a scrape",
        40,
    )


@pytest.mark.covers("S11", "NA")
@on("NA")
def test_what_prometheus_measured_is_shown(system: System) -> None:
    """Rate, errors, quantiles and the system's own metrics, in numbers and as a picture."""
    # Analytics Engine's Prometheus is none of the services that its stack file names. Alerts were
    # tried on it and on what it reads, so both begin anew.
    anew(system.project, _MEASURED[system.name][0], "prometheus")
    for count in (10, 20, 40):
        _scraped(system, count)
    service, own, name = _MEASURED[system.name]
    said = system.says(f"metrics {system.name} errors --since 5m")
    assert "20 %" in said
    assert newest_file(system.bot.sim, "ana")["name"].endswith("errors.png")
    said = system.says(f"metrics {system.name} p50 --since 5m --service {service}")
    assert "0.1 s" in said and f'instance=~"{service}' in said
    said = system.says(f"metrics {system.name}")
    assert "requests/s" in said and own in said and "p99" in said
    assert name in system.says(f'metrics {system.name} "{own.lower()}" --since 5m')
    assert "Did you mean" in system.says(f"metrics {system.name} http_request_total")


@pytest.mark.covers("S11", "RSC")
@on("RSC")
def test_probes_are_timed_where_nothing_measures(system: System) -> None:
    """A system without Prometheus says so, and how long its services take to answer: now, at most
    95 times in 100, on average, at the longest, how many failed, and as a picture. What the watch
    has measured is in `health` and `status`, too."""
    name, sim = system.name, system.bot.sim
    status = wait_until(
        lambda: said if "95 in 100 answers" in (said := system.says(f"status {name}")) else "",
        "the watch to have measured",
        60,
    )
    slowest = status.partition("last minutes: ")[2].split()[0]
    said = system.says(f"metrics {name} p95")
    assert "has no Prometheus; the slowest of" in said and "telemetry.prometheus" in said
    assert "p95\nMean\nLongest\nFailed" in said and slowest in said
    assert newest_file(sim, "ana")["name"] == f"probes-{name}.png"
    row = system.says(f"health {name} {slowest}").partition(f"\n{slowest}\n")[2].splitlines()
    assert row[2].endswith((" ms", " s")), row
