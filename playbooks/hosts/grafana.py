"""The alert rules that a Grafana has of its own, over its HTTP API.

It tells of them as Prometheus would: https://grafana.com/docs/grafana/latest/developers/http_api/
"""

from collections.abc import Mapping
from typing import Any

import httpx

from playbooks.errors import HostError
from playbooks.model.rules import LiveRule
from playbooks.model.secret import Secret

_RULES = "/api/prometheus/grafana/api/v1/rules"
_SECONDS = 10.0
_FIRING = "Alerting"


def rules(url: str, token: Secret) -> tuple[LiveRule, ...]:
    """Its alert rules; those that record are left out. Raises HostError."""
    try:
        groups = _groups(url, token)
        return tuple(
            _rule(group, each)
            for group in groups
            for each in group["rules"]
            if each.get("type", "alerting") == "alerting"
        )
    except (ValueError, KeyError, TypeError) as error:
        raise HostError(f"What answers at {url} is no Grafana with alert rules.") from error


def _groups(url: str, token: Secret) -> list[Mapping[str, Any]]:
    try:
        answer = httpx.get(
            f"{url.rstrip('/')}{_RULES}",
            headers={"Authorization": f"Bearer {token.reveal()}"},
            timeout=_SECONDS,
            trust_env=False,
        )
    except httpx.HTTPError as error:
        raise HostError(
            f"Grafana at {url} cannot be reached: {error}.",
            "Look at `telemetry.grafana` in the stack file.",
        ) from error
    if answer.status_code in {401, 403}:
        raise HostError(
            f"Grafana at {url} refuses the token ({answer.status_code}).",
            "Give `telemetry.grafana.token` the token of a service account that may read alert "
            "rules.",
        )
    if not answer.is_success:
        raise HostError(f"Grafana at {url} answers {answer.status_code}.")
    found: list[Mapping[str, Any]] = answer.json()["data"]["groups"]
    return found


def _rule(group: Mapping[str, Any], found: Mapping[str, Any]) -> LiveRule:
    alerts = found.get("alerts") or ()
    return LiveRule(
        name=str(found["name"]),
        group=str(group["name"]),
        file=str(group.get("file", "")),
        expr=str(found.get("query", "")),
        state=str(found.get("state", "")),
        wait=float(found.get("duration", 0)),
        labels=found.get("labels") or {},
        annotations=found.get("annotations") or {},
        # It says of each how it stands and why: "Alerting", "Alerting (NoData)".
        firing=sum(str(each.get("state", "")).startswith(_FIRING) for each in alerts),
        problem=str(found.get("lastError") or ""),
        kept_in="Grafana",
    )
