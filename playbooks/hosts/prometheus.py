"""A Prometheus, over its HTTP API."""

import math
from collections.abc import Mapping
from typing import Any

import httpx

from playbooks.errors import HostError
from playbooks.model.measured import Series
from playbooks.model.rules import LiveRule

_SECONDS = 10.0
_MOST_SERIES = 10
_NAMES = 20_000


def range_of(
    url: str, query: str, span: tuple[float, float], step: float
) -> tuple[tuple[Series, ...], int]:
    """The series of a query from the first second since 1970 to the last, and how many more there
    were. What is no number is left out. Raises HostError."""
    began, ended = span
    params = {"query": query, "start": f"{began:.3f}", "end": f"{ended:.3f}", "step": f"{step:g}"}
    found = _asked(url, "query_range", params)["result"]
    series = tuple(_series(each) for each in found[:_MOST_SERIES])
    return series, max(0, len(found) - _MOST_SERIES)


def kind_of(url: str, metric: str) -> str:
    """counter, gauge, histogram, summary, or nothing where Prometheus does not know."""
    found = _asked(url, "metadata", {"metric": metric, "limit": "1"})
    return next((str(each["type"]) for each in found.get(metric, ())), "")


def names_at(url: str) -> tuple[str, ...]:
    """The names of all metrics there are. Raises HostError."""
    return tuple(str(name) for name in _asked(url, "label/__name__/values", {})[:_NAMES])


def rules(url: str) -> tuple[LiveRule, ...]:
    """The alert rules that Prometheus goes by. Raises HostError."""
    return tuple(
        _rule(group, each)
        for group in _asked(url, "rules", {"type": "alert"})["groups"]
        for each in group["rules"]
    )


def same_query(url: str, one: str, other: str) -> bool:
    """Whether Prometheus takes both for the same PromQL. Raises HostError."""
    return one == other or _formatted(url, one) == _formatted(url, other)


def _formatted(url: str, query: str) -> str:
    return str(_asked(url, "format_query", {"query": query}))


def _rule(group: Mapping[str, Any], found: Mapping[str, Any]) -> LiveRule:
    return LiveRule(
        name=str(found["name"]),
        group=str(group["name"]),
        file=str(group["file"]),
        expr=str(found["query"]),
        state=str(found.get("state", "")),
        wait=float(found.get("duration", 0)),
        labels=found.get("labels") or {},
        annotations=found.get("annotations") or {},
        firing=sum(each.get("state") == "firing" for each in found.get("alerts") or ()),
        problem=str(found.get("lastError") or ""),
    )


def _asked(url: str, what: str, params: Mapping[str, str]) -> Any:
    place = f"{url.rstrip('/')}/api/v1/{what}"
    try:
        answer = httpx.get(place, params=dict(params), timeout=_SECONDS, trust_env=False)
        said = answer.json()
        if said["status"] != "success":
            raise HostError(f"Prometheus at {url} refused the query: {said.get('error')}.")
    except httpx.HTTPError as error:
        raise HostError(
            f"Prometheus at {url} cannot be reached: {error}.",
            "Look at `telemetry.prometheus` in the stack file.",
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise HostError(f"What answers at {url} is no Prometheus.") from error
    return said["data"]


def _series(found: Mapping[str, Any]) -> Series:
    points = ((float(at), float(value)) for at, value in found["values"])
    return Series(
        name=_name(found["metric"]),
        points=tuple((at, value) for at, value in points if math.isfinite(value)),
    )


def _name(labels: Mapping[str, str]) -> str:
    """`api:8002 method=GET`; nothing where the query has summed everything up."""
    first = [labels[name] for name in ("instance",) if name in labels]
    others = [f"{n}={v}" for n, v in sorted(labels.items()) if n not in {"__name__", "instance"}]
    return " ".join([*first, *others])[:120]
