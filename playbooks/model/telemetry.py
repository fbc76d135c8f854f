"""Where a stack's logs, metrics and pages are, and what it depends on outside."""

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from playbooks.gate.duration import Duration
from playbooks.model.base import Model, Name
from playbooks.model.secret import SecretRef

_URL = re.compile(r"https?://[^\s/]+\S*")


def _web_address(value: str) -> str:
    if not _URL.fullmatch(value):
        raise ValueError(f"{value!r} is no web address; write one like http://127.0.0.1:9090")
    return value


Url = Annotated[str, AfterValidator(_web_address)]


class LogFile(Model):
    """A log beside what docker keeps. `path` is a file or folder of the host, or with
    `in_container` of the service's container. `keep` is how long it is kept."""

    path: Path
    in_container: bool = False
    keep: Duration | None = None


class RuleFiles(Model):
    """The files with the alert rules of the stack's Prometheus, as the stack's host has them.

    `promtool` is the argv that ends in promtool itself, like `[docker, exec, -i, prometheus,
    promtool]`: it is given a changed file on its input before it is written. `reload` is the argv
    that has Prometheus read its files anew, like `[systemctl, reload, prometheus]`; without one it
    is asked over HTTP, which it only hears with `--web.enable-lifecycle`. A container must have the
    folder of a file mounted, not the file alone: a changed file is another one in its place.
    """

    files: tuple[Path, ...] = Field(min_length=1)
    promtool: tuple[str, ...] = Field(default=("promtool",), min_length=1)
    reload: tuple[str, ...] = ()


class GrafanaApi(Model):
    """A Grafana that has alert rules of its own: `token` is that of a service account which may
    read them."""

    url: Url
    token: SecretRef


class Telemetry(Model):
    """What measures the stack: addresses of APIs, and `dashboards`, pages for people by name.

    `loki_labels` are the streams of services in Loki, `prometheus_labels` their series in
    Prometheus, both as what stands between the braces of a selector; series whose `instance` is the
    service's name are taken for its own where nothing is said. `queries` are PromQL by name: they
    replace what is usual for rate, errors, p50, p95 and p99, and add others. `business` is the same
    for what the stack's own metrics count. In both, $labels stands for the labels of the service
    that was asked for, and $window for a fitting span of time. `rules` is where the alert rules of
    that Prometheus are kept; those that `grafana` has are listed with them.
    """

    prometheus: Url | None = None
    rules: RuleFiles | None = None
    grafana: GrafanaApi | None = None
    alertmanager: Url | None = None
    loki: Url | None = None
    loki_labels: dict[Name, str] = {}
    prometheus_labels: dict[Name, str] = {}
    queries: dict[Name, str] = {}
    dashboards: dict[str, Url] = {}
    business: dict[str, str] = {}


class External(Model):
    """Something outside that the stack depends on."""

    purpose: str
    criticality: Literal["high", "medium", "low"]
