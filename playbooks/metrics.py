"""Which PromQL stands for what somebody wants to know of a stack. Pure."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from playbooks.errors import UnknownName
from playbooks.model.base import Model
from playbooks.model.stack import Stack

RATE, ERRORS, FAILURES = "rate", "errors", "failures"
OVERVIEW = (RATE, ERRORS, "p50", "p95", "p99")
_METRIC = re.compile(r"[A-Za-z_:][A-Za-z0-9_:]*")
_SHORTEST_WINDOW = 60.0
_POINTS = 240
_SIGNS = re.compile(r"[^a-z0-9]+")


def _quantile(share: str) -> str:
    return (
        f"histogram_quantile({share}, sum by (le) "
        "(rate(http_request_duration_seconds_bucket{$labels}[$window])))"
    )


_USUAL: Mapping[str, str] = MappingProxyType(
    {
        RATE: "sum(rate(http_requests_total{$labels}[$window]))",
        ERRORS: (
            '100 * (sum(rate(http_requests_total{status=~"5..",$labels}[$window])) or vector(0))'
            " / sum(rate(http_requests_total{$labels}[$window]))"
        ),
        FAILURES: (
            'sum(rate(http_requests_total{status=~"5..",$labels}[$window]))'
            " or 0 * sum(rate(http_requests_total{$labels}[$window]))"
        ),
        "p50": _quantile("0.5"),
        "p95": _quantile("0.95"),
        "p99": _quantile("0.99"),
    }
)
_UNITS: Mapping[str, str] = MappingProxyType(
    {RATE: "requests/s", ERRORS: "%", FAILURES: "errors/s", "p50": "s", "p95": "s", "p99": "s"}
)
_MEASURES: Mapping[str, str] = MappingProxyType(
    {"p95": "p95_seconds", ERRORS: "error_percent", FAILURES: "errors_per_second"}
)


class Wanted(Model):
    """What is asked of Prometheus: PromQL in which $labels and $window still stand. `query` is
    empty for a metric by its own name, of which only Prometheus knows what kind it is. `limit` is
    from where on the stack file wants an alert."""

    name: str
    query: str
    unit: str = ""
    limit: float | None = None


def wanted(stack: Stack, name: str) -> Wanted:
    """What is called so in the stack file, else what is usual, else a metric of that name.

    Raises UnknownName for what can be no metric's name either.
    """
    known = names_of(stack)
    slug = _slug(name)
    if slug in known:
        return known[slug]
    if not _METRIC.fullmatch(name):
        raise UnknownName(
            f"`{name}` is no metric of {stack.name}.", f"There is {', '.join(known)}."
        )
    return Wanted(name=name, query="")


def names_of(stack: Stack) -> Mapping[str, Wanted]:
    """Everything the stack has a query for, by what is typed: `p95`, `pdfs-uploaded`."""
    telemetry = stack.telemetry
    queries = {**_USUAL, **telemetry.queries}
    found = {
        _slug(name): Wanted(
            name=name,
            query=query,
            unit=_UNITS.get(name, "") if query == _USUAL.get(name) else "",
            limit=_limit(stack, name),
        )
        for name, query in queries.items()
    }
    own = {_slug(n): Wanted(name=n, query=q) for n, q in telemetry.business.items()}
    return {**found, **own}


def of_kind(name: str, kind: str) -> Wanted:
    """A metric by its own name; `kind` is what Prometheus says that it is, or nothing."""
    if kind == "histogram":
        quantile = _quantile("0.95").replace("http_request_duration_seconds", name)
        return Wanted(name=f"p95 of {name}", query=quantile)
    if kind == "counter" or (not kind and name.endswith(("_total", "_count", "_sum"))):
        return Wanted(name=name, query=f"sum(rate({name}{{$labels}}[$window]))", unit="/s")
    return Wanted(name=name, query=f"{name}{{$labels}}")


def step_of(seconds: float) -> float:
    """How far apart the points of so long a time are, in seconds."""
    return max(1.0, round(seconds / _POINTS))


def promql(stack: Stack, query: str, service: str, seconds: float) -> str:
    """The query for one service (or with an empty name for all) over so many seconds."""
    window = max(_SHORTEST_WINDOW, 4 * step_of(seconds))
    filled = query.replace("$labels", _labels(stack, service))
    return filled.replace("$window", f"{round(window)}s")


def _labels(stack: Stack, service: str) -> str:
    """Names of services are of letters, digits, dashes and underscores: nothing to escape."""
    if not service:
        return ""
    given = stack.telemetry.prometheus_labels.get(service)
    return given or f'instance=~"{stack.container_of(service) or service}(:[0-9]+)?"'


def _limit(stack: Stack, name: str) -> float | None:
    measure = _MEASURES.get(name)
    limits = [t.limit for t in stack.thresholds.values() if t.measure == measure]
    return next((limit for limit in limits if limit is not None), None)


def _slug(name: str) -> str:
    return _SIGNS.sub("-", name.lower()).strip("-")
