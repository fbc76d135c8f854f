"""What a stack's Prometheus has measured."""

from typing import Any

from playbooks.errors import FactUnavailable, HostError
from playbooks.hosts import prometheus
from playbooks.metrics import Wanted, of_kind, promql, step_of, wanted
from playbooks.model.base import JsonObject, Model
from playbooks.model.measured import Measured
from playbooks.ports import Reading
from playbooks.registry import NoArgs, Reader

# So many times a span as a window of 60: promql chooses windows by the span that is drawn.
_POINTS = 60.0


class RangeArgs(Model):
    """`name` as `playbooks.metrics.wanted` knows it, of the last `since` seconds. `service` is
    empty for all of the stack."""

    name: str
    service: str = ""
    since: float = 3600.0


class NowArgs(Model):
    """`name` as for RangeArgs, over the last `window` seconds."""

    name: str
    service: str = ""
    window: float = 300.0


def now(reading: Reading, args: NowArgs) -> JsonObject:
    """{value: the newest of the last minutes, or null; query: the PromQL that was asked}."""
    url = _url(reading)
    ended = reading.now.timestamp()
    try:
        asked = _asked(reading, url, args.name)
        query = promql(reading.stack, asked.query, args.service, args.window * _POINTS)
        span = (ended - args.window, ended)
        series, _ = prometheus.range_of(url, query, span, args.window)
    except HostError as error:
        raise FactUnavailable(error.message, error.hint) from error
    newest = [each.now for each in series if each.points and each.points[-1][0] >= ended - 1]
    values = [value for value in newest if value is not None]
    return {"value": max(values, default=None), "query": query}


def measured(reading: Reading, args: RangeArgs) -> JsonObject:
    """A `Measured`."""
    url = _url(reading)
    ended = reading.now.timestamp()
    try:
        asked = _asked(reading, url, args.name)
        query = promql(reading.stack, asked.query, args.service, args.since)
        span, step = (ended - args.since, ended), step_of(args.since)
        series, more = prometheus.range_of(url, query, span, step)
    except HostError as error:
        raise FactUnavailable(error.message, error.hint) from error
    answer = Measured(
        name=asked.name, query=query, unit=asked.unit, limit=asked.limit, series=series, more=more
    )
    return answer.model_dump(mode="json")


def names(reading: Reading, _: NoArgs) -> JsonObject:
    """{names: of all metrics that Prometheus has}."""
    try:
        return {"names": list(prometheus.names_at(_url(reading)))}
    except HostError as error:
        raise FactUnavailable(error.message, error.hint) from error


def _asked(reading: Reading, url: str, name: str) -> Wanted:
    asked = wanted(reading.stack, name)
    return asked if asked.query else of_kind(name, prometheus.kind_of(url, name))


def _url(reading: Reading) -> str:
    url = reading.stack.telemetry.prometheus
    if url is None:
        raise FactUnavailable(
            f"{reading.stack.name} has no Prometheus.",
            "Set `telemetry.prometheus` in the stack file to the address of one.",
        )
    return url


READERS: tuple[Reader[Any], ...] = (
    Reader("metrics.range", RangeArgs, measured),
    Reader("metrics.now", NowArgs, now),
    Reader("metrics.names", NoArgs, names),
)
