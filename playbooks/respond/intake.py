"""What sources send, read into alerts. Pure."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from types import MappingProxyType
from typing import Any, NoReturn

from pydantic import AwareDatetime, BaseModel, ValidationError

from playbooks.errors import InputError
from playbooks.model.base import JsonObject, canonical_json
from playbooks.model.thresholds import Severity
from playbooks.respond import sources
from playbooks.respond.alert import Alert

_MOST_ALERTS = 10_000
_MOST_LABELS = 64
_LONGEST = 1024
_SUMMARIES = ("summary", "title", "message", "description")
_VALUES = ("value", "current_value", "__value_string__")
_SEVERITIES: Mapping[str, Severity] = MappingProxyType(
    {
        **dict.fromkeys(
            ("critical", "crit", "page", "fatal", "high", "p1", "emergency"), "critical"
        ),
        **dict.fromkeys(("warning", "warn", "error", "medium", "minor", "p2"), "warning"),
        **dict.fromkeys(("info", "information", "none", "low", "notice", "p3", "p4"), "info"),
    }
)
_HALVES_OF_SIGNS = (rb"\ud", rb"\uD")
# How Alertmanager writes that something has not ended.
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class BadAlerts(InputError):
    """A payload that is not what its source sends. `field` says where, like `alerts.3.startsAt`."""

    def __init__(self, field: str, what: str) -> None:
        super().__init__(f"{field or 'the body'}: {what}.", "Send what the source is set up for.")
        self.field = field
        self.what = what


class _Notified(BaseModel):
    """One alert of Alertmanager's or Grafana's. What else they say is left alone."""

    status: str
    labels: dict[str, str]
    annotations: dict[str, str] = {}
    startsAt: AwareDatetime  # noqa: N815
    endsAt: AwareDatetime | None = None  # noqa: N815
    generatorURL: str = ""  # noqa: N815
    dashboardURL: str = ""  # noqa: N815
    fingerprint: str = ""
    valueString: str = ""  # noqa: N815
    values: dict[str, Any] | None = None


class _Notice(BaseModel):
    """Alertmanager's webhook, version 4; Grafana's has the same shape and more."""

    alerts: list[_Notified]


def read(source: sources.Source, body: bytes, now: datetime) -> tuple[Alert, ...]:
    """The alerts in a payload; their stacks are not known yet. Raises BadAlerts."""
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadAlerts("", f"it is not JSON ({error})") from error
    if not isinstance(payload, dict):
        raise BadAlerts("", f"it is a {type(payload).__name__}, not an object")
    if any(half in body for half in _HALVES_OF_SIGNS):
        _check_signs(payload)
    alerts = tuple(_READERS[source.kind](source, payload, now))
    if len(alerts) > _MOST_ALERTS:
        raise BadAlerts("alerts", f"{len(alerts)} at once; {_MOST_ALERTS} are taken")
    return alerts


def _check_signs(payload: JsonObject) -> None:
    """Raises BadAlerts for halves of signs, which JSON may hold and no text."""
    try:
        json.dumps(payload, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise BadAlerts("", f"a text in it is none ({error.reason})") from error


def _notified(_: sources.Source, payload: JsonObject, __: datetime) -> Iterator[Alert]:
    try:
        notice = _Notice.model_validate(payload)
    except ValidationError as error:
        first = error.errors()[0]
        raise BadAlerts(".".join(map(str, first["loc"])), first["msg"]) from error
    for place, each in enumerate(notice.alerts):
        if each.status not in {"firing", "resolved"}:
            raise BadAlerts(f"alerts.{place}.status", f"{each.status[:40]!r} is no state of alerts")
        rule = each.labels.get("alertname", "")
        if not rule:
            raise BadAlerts(f"alerts.{place}.labels.alertname", "there is none")
        yield Alert(
            fingerprint=each.fingerprint or fingerprint_of(each.labels),
            rule=_short(rule),
            severity=severity_of(each.labels.get("severity", "")),
            firing=each.status == "firing",
            since=each.startsAt,
            ended=each.endsAt if each.endsAt and each.endsAt > _NEVER else None,
            labels=_bounded(each.labels),
            summary=_short(_first(each.annotations, _SUMMARIES)),
            value=_short(_first(each.annotations, _VALUES) or _shown(each)),
            source_url=_web(each.dashboardURL or each.generatorURL),
            runbook_url=_web(each.annotations.get("runbook_url", "")),
        )


def _mapped(source: sources.Source, payload: JsonObject, now: datetime) -> Iterator[Alert]:
    mapping = source.mapping
    if mapping is None:
        return
    listed = _at(payload, mapping.alerts) if mapping.alerts else [payload]
    if not isinstance(listed, list):
        raise BadAlerts(str(mapping.alerts), "it is no list of alerts")
    for place, each in enumerate(listed):
        where = f"{mapping.alerts}.{place}" if mapping.alerts else ""
        if not isinstance(each, dict):
            raise BadAlerts(where, "it is no object")
        yield _by_mapping(mapping, each, where, now)


def _by_mapping(mapping: sources.Mapping, each: JsonObject, where: str, now: datetime) -> Alert:
    rule = _text(each, mapping.rule)
    if not rule:
        raise BadAlerts(f"{where}.{mapping.rule}".lstrip("."), "there is no name of a rule")
    labels = _at(each, mapping.labels) if mapping.labels else {}
    given = {str(k): str(v) for k, v in labels.items()} if isinstance(labels, dict) else {}
    if mapping.stack:
        given |= {"stack": _text(each, mapping.stack)}
    said = _text(each, mapping.severity)
    resolved = {word.lower() for word in mapping.resolved}
    return Alert(
        fingerprint=_text(each, mapping.fingerprint) or fingerprint_of({"rule": rule, **given}),
        rule=_short(rule),
        severity=mapping.severities.get(said) or severity_of(said),
        firing=_text(each, mapping.state).lower() not in resolved,
        since=_moment(each, mapping.since, where) or now,
        labels=_bounded(given),
        summary=_short(_text(each, mapping.summary)),
        value=_short(_text(each, mapping.value)),
        source_url=_web(_text(each, mapping.link)),
    )


def severity_of(word: str) -> Severity:
    """What a word for severity means; one that nobody knows is a warning."""
    return _SEVERITIES.get(word.strip().lower(), "warning")


def fingerprint_of(labels: Mapping[str, str]) -> str:
    """The same for the same labels, for sources that give none."""
    return sha256(canonical_json(dict(labels)).encode()).hexdigest()[:16]


def _moment(each: JsonObject, path: str | None, where: str) -> datetime | None:
    """ISO 8601 with an offset, or seconds since 1970."""
    found = _at(each, path) if path else None
    if found in (None, ""):
        return None
    try:
        if isinstance(found, int | float) and not isinstance(found, bool):
            return datetime.fromtimestamp(found, UTC)
        moment = datetime.fromisoformat(str(found))
    except (ValueError, OverflowError, OSError) as error:
        _refuse(f"{where}.{path}".lstrip("."), f"{str(found)[:40]!r} is no time", error)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _refuse(field: str, what: str, error: Exception) -> NoReturn:
    raise BadAlerts(field, what) from error


def _at(value: object, path: str | None) -> object:
    for key in path.split(".") if path else ():
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _text(value: JsonObject, path: str | None) -> str:
    found = _at(value, path) if path else None
    return "" if found is None or isinstance(found, dict | list) else str(found)


def _shown(alert: _Notified) -> str:
    if alert.values:
        return ", ".join(f"{name}={value}" for name, value in sorted(alert.values.items()))
    return alert.valueString


def _first(words: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((words[name] for name in names if words.get(name)), "")


def _bounded(labels: Mapping[str, str]) -> dict[str, str]:
    kept = sorted(labels.items())[:_MOST_LABELS]
    return {_short(name): _short(value) for name, value in kept}


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _web(text: str) -> str:
    """An address that a button may open, or nothing."""
    fits = text.startswith(("http://", "https://")) and len(text) <= _LONGEST
    return text if fits and not any(c in text for c in "<>| \n") else ""


_Read = Callable[[sources.Source, JsonObject, datetime], Iterator[Alert]]
_READERS: Mapping[str, _Read] = MappingProxyType(
    {"alertmanager": _notified, "grafana": _notified, "generic": _mapped}
)
