import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbooks.errors import UnknownName
from playbooks.metrics import names_of, of_kind, promql, wanted
from playbooks.model.stack import Stack

STACK = Stack.model_validate(
    {
        "name": "harbor",
        "environment": "prod",
        "channel": "ops",
        "services": {"api": {}, "web": {}},
        "thresholds": {"slow": {"measure": "p95_seconds", "limit": 1.5}},
        "telemetry": {
            "prometheus": "http://127.0.0.1:9090",
            "prometheus_labels": {"web": 'job="front"'},
            "queries": {"rate": "sum(rate(hits_total{$labels}[$window]))", "queue": "queue_length"},
            "business": {"Ships in port": "sum(ships{$labels})"},
        },
    }
)


def test_names_are_the_stacks_own_before_the_usual() -> None:
    """The stack file replaces what is usual, adds its own, and names need no capitals."""
    assert wanted(STACK, "rate").query.startswith("sum(rate(hits_total")
    assert wanted(STACK, "queue").query == "queue_length"
    assert wanted(STACK, "ships-in-port").name == wanted(STACK, "Ships in port").name
    assert wanted(STACK, "p95").limit == 1.5 and wanted(STACK, "p95").unit == "s"
    assert wanted(STACK, "rate").unit == "" and "errors" in names_of(STACK)


def test_a_service_is_a_label() -> None:
    """Its own labels where the stack file has them, else its name as the instance."""
    query = wanted(STACK, "ships in port").query
    assert promql(STACK, query, "", 3600) == "sum(ships{})"
    assert promql(STACK, query, "web", 3600) == 'sum(ships{job="front"})'
    assert promql(STACK, query, "api", 3600) == 'sum(ships{instance=~"api(:[0-9]+)?"})'


@pytest.mark.parametrize(("since", "window"), [(300, "60s"), (3600, "60s"), (86400, "1440s")])
def test_the_window_fits_the_time(since: int, window: str) -> None:
    """At least a minute, and four points of the picture."""
    assert f"[{window}]" in promql(STACK, wanted(STACK, "p99").query, "", since)


def test_a_metric_of_prometheus_is_asked_by_its_kind() -> None:
    """Counters as a rate, histograms as a quantile, the rest as it is."""
    assert "rate(jobs_total{$labels}" in of_kind("jobs_total", "").query
    assert "jobs_bucket" in of_kind("jobs", "histogram").query
    assert of_kind("jobs", "gauge").query == "jobs{$labels}"


@given(st.text(max_size=60))
def test_what_is_typed_is_never_promql(text: str) -> None:
    """A name is one the stack has, or one that a metric can have, or refused."""
    try:
        found = wanted(STACK, text)
    except UnknownName:
        return
    assert found.query or (text.isascii() and text.replace("_", "a").replace(":", "a").isalnum())
