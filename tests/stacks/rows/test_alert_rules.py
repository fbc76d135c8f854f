"""Alert rules of the systems that have some: Neurocore's in files of its Prometheus, A.R.C.'s in
its Grafana."""

import json

import httpx
import pytest

from tests.support import troubles
from tests.support.alerted import Alerted
from tests.support.bot import wait_until
from tests.support.prometheus import Watch
from tests.support.systems import on
from tests.support.talk import card_in, new_card, payload, press, text_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

# The guide's rule, with its number: 0.05 errors a second for five minutes.
_RULES = """\
groups:
  - name: neurocore
    interval: 1s
    rules:
      - alert: HighErrorRate  # a rate, not a share
        expr: rate(http_requests_total{status="500"}[5m]) > 0.05
        for: 5m
        labels: {severity: critical, stack: neurocore}
"""
_IN_GRAFANA = {
    "name": "PostgreSQL busy",
    "type": "alerting",
    "state": "firing",
    "query": "rate(process_cpu_seconds_total[5m]) > 0.8",
    "duration": 300,
    "labels": {"severity": "warning", "stack": "arc"},
    "alerts": [{"state": "Alerting", "labels": {}}],
}


@pytest.mark.covers("R11", "N")
@on("N")
def test_a_rule_in_a_file_is_changed_and_seen_to_fire(beside: Alerted) -> None:
    """The guide's rule is listed; promtool of its own Prometheus checks a change before anybody is
    asked; approved it is in the file, its comment too, Prometheus goes by it, and it fires."""
    project, bot = beside.system.project, beside.bot
    host, port = project.address("prometheus", 9090)
    file = project.folder / "monitoring" / "prometheus" / "alerts.yml"
    file.write_text(_RULES)
    httpx.post(f"http://{host}:{port}/-/reload", timeout=10).raise_for_status()
    wait_until(lambda: "rate(http_requests_total" in beside.says("rules neurocore"), "the list", 30)
    wrong = beside.says("rules neurocore set HighErrorRate expr='rate(up['")
    assert "promtool refuses it" in wrong
    card = new_card(bot, "rules neurocore set HighErrorRate for=1s")
    assert "+        for: 1s" in text_of(card) and file.read_text() == _RULES
    press(bot.sim, card, "approve", "ben")
    card_in(bot.sim, "succeeded", payload(card)["request"], 60)
    assert "for: 1s" in file.read_text() and "# a rate, not a share" in file.read_text()
    counts = iter(range(2_000_000, 9_000_000, 100_000))

    def fires() -> bool:
        troubles.counted(project, "api", 0, next(counts))
        return "firing, 1" in beside.says("rules neurocore")

    wait_until(fires, "the rule to fire", 60)


@pytest.mark.covers("R11", "C", by_contract=True)
@on("C")
def test_rules_in_grafana_are_listed_and_muted_by_contract(beside: Alerted, watch: Watch) -> None:
    """What answers as Grafana's API is documented to: its rule is listed with its state and where
    it is kept; a change of it is refused with the place where it is made; muted it is silent in a
    real Alertmanager."""
    groups = {"groups": [{"name": "databases", "file": "A.R.C.", "rules": [_IN_GRAFANA]}]}
    answer = json.dumps({"status": "success", "data": groups})
    write = 'mkdir -p "$1" && printf "%s" "$2" > "$1/rules"'
    place = "/srv/api/prometheus/grafana/api/v1"
    beside.system.project.in_container("grafana", "sh", "-c", write, "sh", place, answer)
    listed = beside.says("rules arc")
    assert "PostgreSQL busy" in listed and "firing, 1, in Grafana" in listed
    refused = beside.says('rules arc disable "PostgreSQL busy"')
    assert "is kept in Grafana" in refused and "A.R.C." in refused
    assert "is silent until" in beside.says('rules arc mute "PostgreSQL busy" 2h')
    [silence] = wait_until(watch.silences, "the silence in Alertmanager", 30)
    assert {"PostgreSQL busy", "arc"} == {each["value"] for each in silence["matchers"]}
    beside.says('rules arc unmute "PostgreSQL busy"')
    wait_until(lambda: not watch.silences(), "the end of the silence", 30)
