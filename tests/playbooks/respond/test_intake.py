"""Payloads of all kinds: read, or refused with the field."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from playbooks.respond.intake import BadAlerts, read, severity_of
from playbooks.respond.sources import Source

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ALERTMANAGER = Source(kind="alertmanager", bearer="env:T")
GENERIC = Source.model_validate(
    {
        "kind": "generic",
        "bearer": "env:T",
        "mapping": {
            "alerts": "events",
            "rule": "check.name",
            "state": "state",
            "severity": "level",
            "severities": {"BAD": "critical"},
            "since": "at",
            "labels": "tags",
        },
    }
)


def one(**changes: Any) -> dict[str, Any]:
    alert = {
        "status": "firing",
        "labels": {"alertname": "Down"},
        "startsAt": "2026-11-22T08:00:00Z",
    }
    return {"alerts": [alert | changes]}


def test_alertmanager_is_read() -> None:
    """Rule, severity, words and links; an end in the year 1 is none."""
    payload = one(
        labels={"alertname": "Down", "severity": "page"},
        annotations={"summary": "it is down", "runbook_url": "https://wiki/down"},
        endsAt="0001-01-01T00:00:00Z",
        generatorURL="javascript:alert(1)",
    )
    [alert] = read(ALERTMANAGER, json.dumps(payload).encode(), NOW)
    assert (alert.rule, alert.severity, alert.firing, alert.ended) == (
        "Down",
        "critical",
        True,
        None,
    )
    assert (alert.summary, alert.runbook_url) == ("it is down", "https://wiki/down")
    assert not alert.source_url, "only web addresses become links"
    assert alert.fingerprint, "without one, the labels give it"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"not json", ""),
        (b"[]", ""),
        (b"{}", "alerts"),
        (json.dumps(one(status="maybe")).encode(), "alerts.0.status"),
        (json.dumps(one(startsAt="soon")).encode(), "alerts.0.startsAt"),
        (json.dumps(one(labels={})).encode(), "alerts.0.labels.alertname"),
        (json.dumps(one(labels={"alertname": 7})).encode(), "alerts.0.labels.alertname"),
        (b"[" * 100_000, ""),
        (json.dumps(one(labels={"alertname": "\ud800"})).encode(), ""),
    ],
)
def test_what_is_no_notice_is_refused_with_its_field(body: bytes, field: str) -> None:
    """The sender is told where it is wrong."""
    with pytest.raises(BadAlerts) as refused:
        read(ALERTMANAGER, body, NOW)
    assert refused.value.field == field


GRAFANA = Source.model_validate(
    {"kind": "grafana", "basic": {"user": "grafana", "password": "env:T"}}
)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"values": {"B": 22.5, "A": 1}}, {"value": "A=1, B=22.5"}),
        ({"values": None, "valueString": "[ var='B' value=3 ]"}, {"value": "[ var='B' value=3 ]"}),
        (
            {"annotations": {"__value_string__": "22.5"}, "values": {"B": 1}},
            {"value": "22.5"},
        ),
        (
            {"labels": {"alertname": "DatasourceNoData", "grafana_folder": "ops"}},
            {"rule": "DatasourceNoData", "severity": "warning"},
        ),
        (
            {"dashboardURL": "http://g/d/1", "generatorURL": "http://g/alerting/1"},
            {"source_url": "http://g/d/1"},
        ),
        ({"dashboardURL": "", "generatorURL": "http://g/a/1"}, {"source_url": "http://g/a/1"}),
        ({"fingerprint": "", "imageURL": "http://g/i.png", "silenceURL": "x"}, {"firing": True}),
        ({"status": "resolved", "endsAt": "2026-11-22T08:30:00Z"}, {"firing": False}),
    ],
)
def test_grafana_is_read(changes: dict[str, Any], expected: dict[str, Any]) -> None:
    """Its values, links and alerts of its own, beside all that is no concern of ours."""
    whole = {**one(**changes), "receiver": "r", "orgId": 1, "state": "alerting", "title": "[F]"}
    [alert] = read(GRAFANA, json.dumps(whole).encode(), NOW)
    assert {name: getattr(alert, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"status": "alerting"}, "alerts.0.status"),
        ({"labels": {}}, "alerts.0.labels.alertname"),
        ({"labels": {"alertname": 3}}, "alerts.0.labels.alertname"),
        ({"startsAt": "2026-11-22T08:00:00"}, "alerts.0.startsAt"),
        ({"values": [1]}, "alerts.0.values"),
        ({"annotations": None}, "alerts.0.annotations"),
    ],
)
def test_what_grafana_would_not_send_is_refused_with_its_field(
    changes: dict[str, Any], field: str
) -> None:
    """The field is named, as for Alertmanager."""
    with pytest.raises(BadAlerts) as refused:
        read(GRAFANA, json.dumps(one(**changes)).encode(), NOW)
    assert refused.value.field == field


def test_a_mapping_reads_lists_words_and_times() -> None:
    """Times as ISO 8601 or seconds; words for severity as translated; labels as they are."""
    events = [
        {"check": {"name": "disk"}, "state": "ALERT", "level": "BAD", "at": 1_795_000_000},
        {"check": {"name": "disk"}, "state": "Ok", "at": "2026-11-22T08:00:00+01:00"},
        {"check": {"name": "net"}, "state": None, "tags": {"zone": "east"}},
    ]
    bad, ended, bare = read(GENERIC, json.dumps({"events": events}).encode(), NOW)
    assert (bad.severity, bad.firing) == ("critical", True)
    assert bad.since == datetime.fromtimestamp(1_795_000_000, UTC)
    assert not ended.firing and ended.since == datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
    assert (bare.since, bare.labels, bare.severity) == (NOW, {"zone": "east"}, "warning")
    assert bad.fingerprint == ended.fingerprint != bare.fingerprint


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        ({"events": "none"}, "events"),
        ({"events": [1]}, "events.0"),
        ({"events": [{"check": {}}]}, "events.0.check.name"),
        ({"events": [{"check": {"name": "x"}, "at": "soon"}]}, "events.0.at"),
    ],
)
def test_a_mapping_that_does_not_fit_names_the_place(payload: Any, field: str) -> None:
    """The place in their JSON, not in our model."""
    with pytest.raises(BadAlerts) as refused:
        read(GENERIC, json.dumps(payload).encode(), NOW)
    assert refused.value.field == field


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)


@given(_JSON)
def test_nothing_but_a_refusal_comes_of_nonsense(payload: Any) -> None:
    """Whatever JSON is sent, it is read or refused; no other error leaves the reader."""
    for source in (ALERTMANAGER, GENERIC):
        for body in (payload, {"alerts": payload, "events": payload}):
            try:
                read(source, json.dumps(body).encode(), NOW)
            except BadAlerts:
                continue


def test_words_for_severity() -> None:
    """The usual words; one that nobody knows is a warning, never nothing."""
    assert [severity_of(word) for word in ("P1", "page", "Warn", "info", "", "zork")] == [
        "critical",
        "critical",
        "warning",
        "info",
        "warning",
        "warning",
    ]


def test_a_source_needs_a_proof() -> None:
    """Neither a source without a secret nor one with two is taken."""
    for given_ in ({}, {"bearer": "env:T", "basic": {"user": "u", "password": "env:P"}}):
        with pytest.raises(ValidationError, match="bearer or basic"):
            Source.model_validate({"kind": "alertmanager", **given_})
