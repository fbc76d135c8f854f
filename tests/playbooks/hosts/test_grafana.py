"""Alert rules that a Grafana has, as its API is documented to tell of them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from playbooks.errors import HostError
from playbooks.facts.rules import known
from playbooks.hosts.grafana import rules
from playbooks.model.rules import KnownRules
from playbooks.model.secret import Secret
from playbooks.model.stack import Stack
from playbooks.registry import NoArgs
from tests.support.work import KnownSecrets, TestReading

_TOKEN = "glsa_Sesame"
_ANSWER = {
    "status": "success",
    "data": {
        "groups": [
            {
                "name": "databases",
                "file": "A.R.C.",
                "rules": [
                    {
                        "state": "firing",
                        "name": "PostgreSQL busy",
                        "query": "rate(process_cpu_seconds_total[5m]) > 0.8",
                        "duration": 300,
                        "labels": {"severity": "warning"},
                        "annotations": {"summary": "It is busy"},
                        "health": "ok",
                        "type": "alerting",
                        "alerts": [
                            {"state": "Alerting", "labels": {}, "value": "0.93"},
                            {"state": "Normal", "labels": {}, "value": "0.1"},
                        ],
                    },
                    {"name": "busy:rate", "type": "recording", "query": "rate(x[5m])"},
                ],
            }
        ]
    },
}


@contextmanager
def serving(answer: bytes) -> Iterator[str]:
    """An HTTP server that gives the answer to who has the token."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.headers.get("Authorization") == f"Bearer {_TOKEN}"
            place = self.path == "/api/prometheus/grafana/api/v1/rules"
            self.send_response(200 if known and place else 401 if place else 404)
            self.end_headers()
            self.wfile.write(answer if known and place else b"{}")

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def test_rules_are_read_by_contract() -> None:
    """Those that alert, with their state, how many fire, and where they are kept."""
    with serving(json.dumps(_ANSWER).encode()) as url:
        [rule] = rules(url, Secret(_TOKEN))
    assert (rule.name, rule.state, rule.firing, rule.wait) == ("PostgreSQL busy", "firing", 1, 300)
    assert (rule.file, rule.kept_in) == ("A.R.C.", "Grafana")
    assert rule.expr.startswith("rate(") and rule.labels == {"severity": "warning"}


@pytest.mark.parametrize(
    ("token", "answer", "said"),
    [
        ("wrong", b"{}", "refuses the token"),
        (_TOKEN, b"<html>", "is no Grafana"),
        (_TOKEN, b'{"data": {}}', "is no Grafana"),
    ],
)
def test_what_cannot_be_read_is_said(token: str, answer: bytes, said: str) -> None:
    """The reason with the address, and never the token."""
    with serving(answer) as url, pytest.raises(HostError, match=said) as refused:
        rules(url, Secret(token))
    assert token not in str(refused.value)


def test_a_token_that_is_not_set_is_said_in_the_list() -> None:
    """The list says which reference it is, and goes on with what can be read."""
    stack = Stack.model_validate(
        {
            "name": "arc",
            "environment": "prod",
            "channel": "ops",
            "services": {},
            "telemetry": {"grafana": {"url": "http://127.0.0.1:9", "token": "env:NOT_SET"}},
        }
    )
    looking = TestReading(stack, KnownSecrets(), datetime.now(UTC))
    found = KnownRules.model_validate(known(looking, NoArgs()))
    assert "env:NOT_SET" in found.problem and not found.live
