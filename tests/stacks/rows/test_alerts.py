"""Alerts of the five systems: what goes wrong with their own containers, by the thresholds of their
shipped files, what others send of them, and what their logs show, from the first notice to the end.

A second bot looks at each of them, whose clock is turned on where something has to last."""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
import yaml

from tests.support import troubles
from tests.support.alerted import QUIET_FROM, Alerted
from tests.support.bot import wait_until
from tests.support.prometheus import Watch
from tests.support.systems import on
from tests.support.talk import HARBOR, card_in, payload, press, text_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

# Test systems have no drills; Analytics Engine's Prometheus need not run, and Neurocore's has no
# requests to tell of before somebody makes some.
_NOT_HERE = ("has no `drill`", "Prometheus")
_LISTED = re.compile(r"^• ([\w-]+), (.*)$", re.MULTILINE)
_TURN_SECONDS = 1.5
# What of a window of five minutes is left to a Prometheus whose clock is not turned on.
_MOST_AHEAD = 285


@dataclass(frozen=True)
class Parts:
    """Which services of a system have which trouble, and whose logs tell of failed logins."""

    killed: str
    unwell: str
    looping: str = ""
    starved: str = ""
    database: str = "postgres"


_PARTS = {
    "relica": Parts("nous", "viewfinder", "prism", "shutter"),
    "neurocore": Parts("flower", "frontend", "celery-worker", "cadvisor"),
    "spice-harvester": Parts("bff", "funnel", "oms", "oms", ""),
    "analytics-engine": Parts(
        "connector_service", "calculation_engine_service", database="timescaledb"
    ),
    "arc": Parts("unleash", "kratos", "jaeger", "infisical"),
}


def listed(beside: Alerted) -> dict[str, str]:
    """What `/ops alerts STACK` says of each condition."""
    return dict(_LISTED.findall(beside.says(f"alerts {beside.name}")))


def time_passes(beside: Alerted, seconds: float, condition: Callable[[], Any], what: str) -> None:
    """The clock is turned on by so much again and again, with looks in between, until then."""
    turned = time.monotonic()

    def look() -> bool:
        nonlocal turned
        if condition():
            return True
        if time.monotonic() - turned > _TURN_SECONDS:
            beside.bot.later(seconds)
            turned = time.monotonic()
        return False

    wait_until(look, what, 90)


@pytest.mark.covers("R1", "RNSAC", only="every threshold of the shipped file, as it is measured")
@on("RNSAC")
def test_every_threshold_is_measured_or_said(beside: Alerted) -> None:
    """`/ops alerts STACK` has a value for each, or all is well; what cannot be had is said with the
    reason. The logs of all services are looked through."""
    described = yaml.safe_load(beside.system.project.stack_file.read_text())

    def unmeasured() -> list[str]:
        """Those without a value that should have one. What came up just now is looked at soon."""
        without = [said for said in listed(beside).values() if "not measured" in said]
        return [said for said in without if not any(why in said for why in _NOT_HERE)]

    wait_until(lambda: listed(beside) and not unmeasured(), "everything to be measured", 150)
    found = listed(beside)
    assert set(described["thresholds"]) <= set(found)
    assert any("% free" in said for said in found.values()), found
    assert any(name.startswith("security-") for name in found)


@pytest.mark.covers("R2", "RNSAC")
@on("RNSAC")
def test_the_life_of_an_alert(beside: Alerted, watch: Watch) -> None:
    """A real Prometheus and Alertmanager send two of one rule: one card, taken over, silenced in
    Alertmanager too and heard again; the service is restarted from the card through the gate, and
    what begins meanwhile is tied to that run; resolved, it says how long it lasted."""
    service, sim = _PARTS[beside.name].killed, beside.bot.sim
    watch.write([_sluggish(beside.name, service)])
    fired = beside.card("Sluggish", "firing")
    wait_until(lambda: "2 firing of 2 seen" in text_of(beside.card("Sluggish", "firing")), "both")
    press(sim, fired, "ack", "ana")
    assert "ana takes care of it" in text_of(beside.card("Sluggish", "acknowledged"))
    press(sim, fired, "silence", "ben")
    [silence] = wait_until(watch.silences, "the silence in Alertmanager", 30)
    matched = {each["name"]: each["value"] for each in silence["matchers"]}
    assert matched == {"alertname": "Sluggish", "stack": beside.name}
    press(sim, beside.card("Sluggish", "silenced"), "unsilence", "ben")
    wait_until(lambda: not watch.silences(), "the end of the silence in Alertmanager", 30)
    press(sim, fired, "alert_restart", "ana")
    asked = card_in(sim, "pending")
    assert f"/{beside.name} {service}" in text_of(asked)
    for voter in ("ben", "cleo"):
        press(sim, asked, "approve", voter)
    request = str(payload(asked)["request"])
    card_in(sim, "running", request, 60)
    beside.posts("jobs", _job("Rattled", beside.name))
    assert f"Run {request} (restart) was going on" in text_of(beside.card("Rattled", "firing"))
    card_in(sim, "succeeded", request, 120)
    wait_until(
        lambda: "It is over, and this" in text_of(beside.card("Rattled", "firing")), "it", 30
    )
    beside.posts("jobs", _job("Rattled", beside.name, "ok"))
    beside.card("Rattled", "resolved")
    watch.write([])
    ended = beside.card("Sluggish", "resolved")
    assert ended["ts"] == fired["ts"] and re.search(r"after \d+ (s|min)", text_of(ended))


@pytest.mark.covers("R1", "RNSAC")
@on("RNSAC")
def test_what_goes_wrong_fires_and_resolves(beside: Alerted) -> None:
    """What is killed, unwell, started again and again, killed for want of memory or full, and what
    else the system's file has a limit for (that of a processor lowered, for others use this one): a
    card for each that names it, resolved on the same card once it is mended; and what Grafana sends
    of it, in its own form."""
    thresholds = yaml.safe_load(beside.system.project.stack_file.read_text())["thresholds"]
    rules = {str(each["measure"]): str(name) for name, each in thresholds.items()}
    parts, project = _PARTS[beside.name], beside.system.project
    beside.posts("grafana", _from_grafana("Panelled", beside.name))
    fired: dict[str, str] = {}
    with ExitStack() as going_on:
        troubles.killed(project, parts.killed)
        troubles.unwell(project, parts.unwell)
        if parts.looping:
            troubles.starved(project, parts.starved)
            troubles.looping(project, parts.looping)
        going_on.enter_context(troubles.full_disk(project.folder / "full"))
        going_on.enter_context(_OF_ITS_OWN.get(beside.name, _nothing)(beside))
        for measure, words in _at_once(parts, rules).items():
            card = beside.card(rules[measure], "firing")
            assert words in text_of(card), text_of(card)
            fired[rules[measure]] = card["ts"]
        both = (parts.killed, parts.unwell)
        wait_until(lambda: all(each in listed(beside)["down"] for each in both), "both down", 60)
        fired |= _lasting(beside, rules)
    project.compose_all("start", parts.killed)
    troubles.unwell(project, parts.unwell, well=True)
    if parts.looping:
        troubles.anew(project, *sorted({parts.looping, parts.starved}))
    step = 65 if beside.name == "analytics-engine" else 310
    for rule, posted in fired.items():
        time_passes(
            beside, step, lambda rule=rule: beside.standing(rule, "resolved"), f"{rule} to end"
        )
        assert beside.card(rule, "resolved")["ts"] == posted
    assert "Panelled is not well" in text_of(beside.card("Panelled", "firing"))
    beside.posts("grafana", _from_grafana("Panelled", beside.name, "resolved"))
    beside.card("Panelled", "resolved")


def _at_once(parts: Parts, rules: Mapping[str, str]) -> dict[str, str]:
    """What fires at once, and what its card says."""
    words = {
        "out_of_memory": "was killed for want of memory",
        "restart_loop": f"{parts.looping}-1 is started again and again",
        "disk_free_percent": "/full has",
        "error_percent": "% errors by Prometheus",
        "p95_seconds": "p95 2",
        "pool_exhausted": "has no connections left",
        "memory_used_percent": "demo_config_service uses",
    }
    return {measure: said for measure, said in words.items() if measure in rules}


def _lasting(beside: Alerted, rules: Mapping[str, str]) -> dict[str, str]:
    """What fires once it has lasted, with the time of its card."""
    found = {}
    for measure in ("down", "database_cpu_percent"):
        if measure in rules:
            name = rules[measure]
            time_passes(
                beside, 61, lambda name=name: beside.standing(name, "firing"), f"{name} to fire"
            )
            found[name] = beside.card(name, "firing")["ts"]
    card = wait_until(
        lambda: (c := beside.card("down", "firing")) and "2 firing of" in text_of(c) and c, "both"
    )
    assert "is down" in text_of(card)
    if "errors_per_second" in rules:
        # By the clock of its Prometheus, the window does not go on: it fires here, and an equal one
        # resolves on Analytics Engine.
        beside.bot.later(max(0.0, _MOST_AHEAD - beside.bot.ahead))
        counts = iter(range(1_000, 1_000_000, 1_000))

        def fires() -> Any:
            troubles.counted(beside.system.project, "api", 0, next(counts))
            return beside.standing(rules["errors_per_second"], "firing")

        assert "errors/s by Prometheus" in text_of(wait_until(fires, "errors to fire", 60))
    return found


@contextmanager
def _nothing(_: Alerted) -> Iterator[None]:
    yield


@contextmanager
def _of_neurocore(beside: Alerted) -> Iterator[None]:
    """Requests of its API fail."""
    for count in (100, 200, 400):
        troubles.counted(beside.system.project, "api", 0, count)
    yield


@contextmanager
def _of_analytics_engine(beside: Alerted) -> Iterator[None]:
    """Requests fail and are slow, all connections are taken, and a service has no memory left."""
    project = beside.system.project
    project.compose("up", "--detach", "--no-deps", "--no-recreate", "prometheus")
    for count in (100, 200, 400):
        troubles.counted(project, "database_service", count, count)
    troubles.nearly_full(project, "demo_config_service")
    uri = project.uri("multiservice_db", "multiservice_user", "timescaledb")
    with troubles.no_connections_left(uri):
        yield
    for count in (1_000_000, 2_000_000):
        troubles.counted(project, "database_service", count, 400)
    troubles.anew(project, "demo_config_service")


@contextmanager
def _of_arc(beside: Alerted) -> Iterator[None]:
    """Its PostgreSQL uses all of the processor that it gets."""
    with troubles.much_to_do(beside.system.project.uri("arc_db", "arc")):
        yield


_OF_ITS_OWN = {
    "neurocore": _of_neurocore,
    "analytics-engine": _of_analytics_engine,
    "arc": _of_arc,
}


@pytest.mark.covers("R10", "RNSAC")
@on("RNSAC")
def test_attacks_are_told_of(beside: Alerted) -> None:
    """Failed logins in the log of the database (of a service, where there is none), and in the
    access log of a real nginx injections, answers that are too large, and somebody who never came
    before and asks for very much: each an alert with its source, over once nothing more comes."""
    parts = _PARTS[beside.name]
    # Whom the one is told apart from who never came before.
    wait_until(lambda: "well" in listed(beside)["security-probing"], "the first look", 60)
    beside.visits("/.env", 1)
    wait_until(lambda: "1 lines" in listed(beside)["security-probing"], "the next one", 60)
    beside.bot.later(timedelta(days=1, hours=1).total_seconds())
    _fail_to_log_in(beside)
    beside.visits("/?id=1%27%20OR%20%271%27=%271", 3)
    beside.visits("/dump", 10)
    beside.visits("/", 200, "127.0.0.66")
    said = {
        "failed-login": f"in the logs of {parts.database or 'bff'}",
        "sql-injection": "in the logs of the stack's files",
        "large-response": "answers that are large, most from 127.0.0.1",
        "unusual-source": "127.0.0.66 is none of the 1 usual sources",
    }
    for name, words in said.items():
        card = beside.card(f"security-{name}", "firing")
        assert words in text_of(card), text_of(card)
    for name in said:
        rule = f"security-{name}"
        time_passes(
            beside, 310, lambda rule=rule: beside.standing(rule, "resolved"), f"{rule} to end"
        )


def _fail_to_log_in(beside: Alerted) -> None:
    project, parts = beside.system.project, _PARTS[beside.name]
    if not parts.database:
        with (project.folder / "logs" / "bff.log").open("a") as log:
            log.writelines("ERROR Authentication failed for carol from 203.0.113.9\n" * 5)
        return
    host, port = project.address(parts.database, 5432)
    for _ in range(10):
        with pytest.raises(psycopg.OperationalError, match="authentication failed"):
            psycopg.connect(
                host=host, port=port, user="intruder", password="guessed", dbname="postgres"
            )


@pytest.mark.covers("R2", "RNSAC", only="quiet hours")
@on("RNSAC")
def test_quiet_hours(beside: Alerted) -> None:
    """What is not critical waits in quiet hours, and is told of in one message at their end."""
    now = datetime.now(UTC) + timedelta(seconds=beside.bot.ahead)
    begins = now.replace(hour=QUIET_FROM, minute=5, second=0)
    begins += timedelta(days=begins < now)
    beside.bot.later((begins - now).total_seconds())
    beside.posts("jobs", _job("Dusty", beside.name, level="warning"))
    beside.posts("jobs", _job("Burning", beside.name))
    beside.card("Burning", "firing")
    assert beside.standing("Dusty", "firing") is None
    beside.bot.later(3600)

    def told() -> list[str]:
        texts = [text_of(each) for each in beside.bot.sim.messages(channel=HARBOR)]
        return [text for text in texts if "Quiet hours are over" in text]

    assert "Dusty" in wait_until(told, "what was collected", 60)[0]
    assert beside.card("Dusty", "firing")


def _sluggish(stack: str, service: str) -> dict[str, Any]:
    """A rule that fires for two instances."""
    several = " or ".join(
        f'label_replace(vector(97), "instance", "one-{number}", "", "")' for number in (1, 2)
    )
    return {
        "alert": "Sluggish",
        "expr": f"({several}) > 90",
        "labels": {"severity": "critical", "stack": stack, "service": service},
        "annotations": {"summary": "Answers take long", "value": "{{ $value }}"},
    }


def _job(name: str, stack: str, status: str = "firing", level: str = "critical") -> dict[str, Any]:
    return {"job": {"name": name}, "status": status, "level": level, "where": stack}


def _from_grafana(rule: str, stack: str, status: str = "firing") -> dict[str, Any]:
    """As Grafana's webhook sends it."""
    now = datetime.now(UTC).isoformat()
    ended = now if status == "resolved" else "0001-01-01T00:00:00Z"
    alert = {
        "status": status,
        "labels": {"alertname": rule, "stack": stack, "severity": "critical"},
        "annotations": {"summary": f"{rule} is not well"},
        "startsAt": "2026-11-22T08:00:00Z",
        "endsAt": ended,
        "fingerprint": "c6eadffa33fcdf37",
        "values": {"B": 44.2, "C": 1},
    }
    return {"receiver": "interlock", "status": status, "version": "1", "alerts": [alert]}
