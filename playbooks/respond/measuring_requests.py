"""Errors and latency of a stack, by its Prometheus or by Interlock's own probes. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from playbooks.metrics import ERRORS, FAILURES, RATE
from playbooks.model.facts import FactQuery
from playbooks.model.stack import Stack
from playbooks.model.thresholds import Threshold
from playbooks.respond.conditions import Reading
from playbooks.respond.seen import Seen, Unmeasured, fact_in

_FEWEST_PROBES = 5
ASKED: Mapping[str, str] = MappingProxyType(
    {"error_percent": ERRORS, "errors_per_second": FAILURES, "p95_seconds": "p95"}
)
"""What Prometheus is asked for a measure."""


def metrics_for(threshold: Threshold) -> Iterator[FactQuery]:
    for service in threshold.services or ("",):
        yield _metric(ASKED[threshold.measure], service)
        yield _metric(RATE, service)


def of_requests(stack: Stack, threshold: Threshold, seen: Seen) -> Sequence[Reading]:
    services = threshold.services or ("",)
    if stack.telemetry.prometheus is None:
        return _probed(threshold, seen)
    return [_by_prometheus(threshold, service, seen) for service in services]


def _by_prometheus(threshold: Threshold, service: str, seen: Seen) -> Reading:
    name = ASKED[threshold.measure]
    value = fact_in(seen, _metric(name, service))["value"]
    if value is None:
        rate = seen.facts.get(_metric(RATE, service))
        if rate is None or rate["value"] is None:
            who = f" of {service}" if service else ""
            raise Unmeasured(f"Prometheus has no values for {name}{who}")
        value = 0.0  # nobody asked anything of it
    return _rated(threshold, service, float(value), "Prometheus")


def _probed(threshold: Threshold, seen: Seen) -> Sequence[Reading]:
    wanted = threshold.services or tuple(seen.probes)
    probes = {name: seen.probes[name] for name in wanted if name in seen.probes}
    known = {name: each for name, each in probes.items() if each.answers >= _FEWEST_PROBES}
    if not known:
        raise Unmeasured("there is no Prometheus, and too few probes yet")
    found = []
    for name, each in known.items():
        value = {
            "error_percent": 100 * each.failures / each.answers,
            "errors_per_second": each.failures / each.seconds if each.seconds else 0.0,
            "p95_seconds": each.p95_ms / 1000,
        }[threshold.measure]
        found.append(_rated(threshold, name, value, f"{each.answers} probes"))
    return found


def _rated(threshold: Threshold, service: str, value: float, by: str) -> Reading:
    said = {
        "error_percent": f"{value:.1f} % errors",
        "errors_per_second": f"{value:.3g} errors/s",
        "p95_seconds": f"p95 {value:.3g} s",
    }[threshold.measure]
    who = f"{service}: " if service else ""
    return Reading(
        subject=service,
        value=value,
        said=said,
        summary=f"{who}{said} by {by}; {threshold.shown} is too much.",
        labels={"service": service} if service else {},
    )


def _metric(name: str, service: str) -> FactQuery:
    return FactQuery(fact="metrics.now", args={"name": name, "service": service})
