"""What the measures of thresholds are read from, and what comes of it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from playbooks.model.facts import FactQuery, Facts
from playbooks.model.lives import Life
from playbooks.model.stack import Stack
from playbooks.model.stack_file import load_stack
from playbooks.model.thresholds import Threshold
from playbooks.model.trend import Point, Sample
from playbooks.model.watching import Condition
from playbooks.respond.conditions import Reading
from playbooks.respond.measuring import Measured, how_of, measured, needs, spoken_for
from playbooks.respond.restarts import Restarts
from playbooks.respond.seen import Probes, Seen

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
SHIPPED = sorted((Path(__file__).parents[3] / "playbooks/stacks").glob("*.yaml"))
_GIB = 1024**3


def stack(**more: Any) -> Stack:
    described = {
        "name": "harbor",
        "environment": "prod",
        "channel": "ops-harbor",
        "compose": {"project": "harbor", "files": ["compose.yaml"]},
        "objectives": {"rpo": "1h"},
        "services": {"database": {}, "api": {"needs": ["database"]}},
        "datastores": {
            "postgres": {"kind": "postgres", "service": "database", "database": "d", "user": "u"},
            "uploads": {"kind": "files", "path": "/srv/uploads"},
        },
        "backup": {"repository": "file:///srv/repository"},
    }
    return Stack.model_validate(described | more)


def facts(**answers: Any) -> Facts:
    """Answers by the name of a fact; a text is why it could not be read."""
    queries = {name.replace("_", "."): value for name, value in answers.items()}
    values: dict[str, Any] = {}
    missing: dict[str, str] = {}
    for name, value in queries.items():
        args = {"datastore": "postgres"} if name == "db.pool" else {}
        key = FactQuery(fact=name, args=args).key
        (missing if isinstance(value, str) else values)[key] = value
    return Facts(values, missing)


def look(threshold: dict[str, Any], seen: Seen, on: Stack | None = None) -> Measured:
    return measured(on or stack(), {"it": Threshold.model_validate(threshold)}, seen)


def only(found: Measured) -> Reading:
    [reading] = found.readings["it"]
    return reading


def life(**more: Any) -> dict[str, Any]:
    made = {"id": "c1", "service": "api", "name": "harbor-api-1", "restarts": 0}
    return Life.model_validate(made | more).model_dump(mode="json")


def lives(*each: dict[str, Any]) -> dict[str, Any]:
    return {"lives": list(each), "missing": {}}


def test_disks_by_their_mounts() -> None:
    """Each file system has its share that is free, and its mount as a label."""
    system = {"device": "/dev/sda", "path": "/", "total": 100, "used": 92, "free": 8}
    reading = only(
        look(
            {"measure": "disk_free_percent", "limit": 10},
            Seen(NOW, facts(disk_systems={"systems": [system]})),
        )
    )
    assert (reading.subject, reading.value, reading.labels) == ("/", 8, {"mount": "/"})


def test_memory_of_the_host_and_of_what_has_a_limit() -> None:
    """The host's share, and that of a container of its own limit by its newest sample."""
    host = {"cores": 2, "busy": 0, "whole": 0, "memory": 8 * _GIB, "available": 2 * _GIB}
    sample = Sample(at=NOW, services={"api": Point(memory=_GIB), "database": Point(memory=_GIB)})
    known = facts(trend_host=host, lives_seen=lives(life(limit=2 * _GIB)))
    found = look(
        {"measure": "memory_used_percent", "limit": 90}, Seen(NOW, known, sample=sample)
    ).readings["it"]
    assert {each.subject: each.value for each in found} == {"": 75, "api": 50}


def test_a_services_memory_without_a_limit_is_not_measured() -> None:
    """Nobody guesses what its share is of: the reason is told."""
    found = look(
        {"measure": "memory_used_percent", "limit": 90, "services": ["database"]},
        Seen(NOW, facts(lives_seen=lives(life(service="database")))),
    )
    assert found.unmeasured == {"it": "database has no limit of memory of its own"}


def test_a_databases_processor_by_the_newest_sample() -> None:
    """The services of datastores, where none is named; an old sample says nothing."""
    sample = Sample(at=NOW, services={"database": Point(processor=85, memory=1)})
    threshold = {"measure": "database_cpu_percent", "limit": 80}
    reading = only(look(threshold, Seen(NOW, sample=sample)))
    assert (reading.subject, reading.value) == ("database", 85)
    late = look(threshold, Seen(NOW + timedelta(hours=1), sample=sample))
    assert "sampled" in late.unmeasured["it"]


@pytest.mark.parametrize(
    ("pool", "full"),
    [
        ({"taken": 96, "room": 100}, 1),
        ({"taken": 60, "room": 100}, 0),
        ({"taken": 0, "room": 0}, 1),
    ],
)
def test_a_pool_is_exhausted_when_almost_none_are_left(pool: dict[str, int], full: float) -> None:
    """From 95 of 100 on, and when the server lets nobody in any more."""
    reading = only(look({"measure": "pool_exhausted"}, Seen(NOW, facts(db_pool=pool))))
    assert (reading.value, reading.labels["datastore"]) == (full, "postgres")


def test_restarts_are_counted_over_minutes() -> None:
    """Three within ten minutes are a loop; as many over a day are not, nor those of long ago."""
    restarts = Restarts()
    for minutes, count in ((0, 40), (4, 41), (8, 43)):
        seen = Life.model_validate(life(restarts=count))
        restarts = restarts.seen([seen], NOW + timedelta(minutes=minutes))
    known = facts(lives_seen=lives(life(restarts=43)))
    threshold = {"measure": "restart_loop"}
    at = NOW + timedelta(minutes=8)
    loop = only(look(threshold, Seen(at, known, restarts=restarts)))
    assert loop.value == 1 and "3 times in 10 min" in loop.summary
    later = only(look(threshold, Seen(at + timedelta(minutes=9), known, restarts=restarts)))
    assert later.value == 0


def test_somebody_who_starts_it_anew_is_no_loop() -> None:
    """The engine counts from nought again after a start by hand."""
    restarts = Restarts()
    for minutes, count in ((0, 2), (1, 0), (2, 2), (3, 0)):
        seen = Life.model_validate(life(restarts=count))
        restarts = restarts.seen([seen], NOW + timedelta(minutes=minutes))
    assert not restarts.loops(Life.model_validate(life()), NOW + timedelta(minutes=3))


def test_a_kill_for_want_of_memory_counts_for_minutes() -> None:
    """When it happened is when the alert began."""
    at = NOW - timedelta(minutes=1)
    known = facts(lives_seen=lives(life(killed_at=at.isoformat(), limit=_GIB)))
    reading = only(look({"measure": "out_of_memory"}, Seen(NOW, known)))
    assert (reading.value, reading.since) == (1, at)
    later = Seen(NOW + timedelta(minutes=10), known)
    assert only(look({"measure": "out_of_memory"}, later)).value == 0


def test_an_engine_that_cannot_be_asked_is_said() -> None:
    """Nothing is taken for well because nobody answered."""
    found = look(
        {"measure": "restart_loop"},
        Seen(NOW, facts(lives_seen={"lives": [], "missing": {"api": "the engine is away"}})),
    )
    assert found.unmeasured == {"it": "the engine is away"}


def test_down_of_the_services_that_are_named() -> None:
    """Only what is open of them; one without a health check is said."""
    down = Condition(
        number=1, stack="harbor", service="api", kind="down", detail="no", opened_at=NOW
    )
    seen = Seen(NOW, conditions=[down], watched=frozenset({"api"}))
    assert only(look({"measure": "down"}, seen)).since == NOW
    assert only(look({"measure": "down", "services": ["api"]}, seen)).subject == "api"
    other = look({"measure": "down", "services": ["database"]}, seen)
    assert "database has no health check" in other.unmeasured["it"]


def test_late_backups_and_drills_by_datastore() -> None:
    """Each of its own kind; narrowed down to the datastores of services."""
    seen = Seen(NOW, breaches={"postgres": NOW, "uploads:failed": NOW})
    late = only(look({"measure": "backup_late"}, seen))
    assert (late.subject, late.labels["service"]) == ("postgres", "database")
    assert not look({"measure": "backup_late", "services": ["api"]}, seen).readings["it"]
    drilled = stack(drill={"schedule": {"at": "03:00"}})
    failed = only(look({"measure": "drill_failed"}, seen, drilled))
    assert failed.subject == "uploads"
    assert "drill" in look({"measure": "drill_failed"}, seen).unmeasured["it"]
    nothing = look({"measure": "backup_late"}, seen, stack(objectives={}))
    assert "objectives.rpo" in nothing.unmeasured["it"]


def test_without_prometheus_probes_are_the_measure() -> None:
    """Failed ones for errors, their 95th of 100 for p95; too few say nothing."""
    probes = {"api": Probes(seconds=300, answers=30, failures=3, p95_ms=1500)}
    seen = Seen(NOW, probes=probes)
    assert only(look({"measure": "error_percent", "limit": 5}, seen)).value == 10
    assert only(look({"measure": "errors_per_second", "limit": 5}, seen)).value == 0.01
    assert only(look({"measure": "p95_seconds", "limit": 1}, seen)).value == 1.5
    few = Seen(NOW, probes={"api": Probes(seconds=300, answers=2)})
    assert "too few probes" in look({"measure": "p95_seconds", "limit": 1}, few).unmeasured["it"]


def metric(name: str, value: float | None) -> tuple[str, dict[str, Any]]:
    query = FactQuery(fact="metrics.now", args={"name": name, "service": "api"})
    return query.key, {"value": value, "query": name}


@pytest.mark.parametrize(
    ("errors", "rate", "expected"), [(7.5, 3.0, 7.5), (None, 0.0, 0.0), (None, None, None)]
)
def test_with_prometheus_it_is_the_measure(
    errors: float | None, rate: float | None, expected: float | None
) -> None:
    """Nobody who asks makes no errors; a metric that is not there is said, not taken for none."""
    on = stack(telemetry={"prometheus": "http://127.0.0.1:9090"})
    known = Facts(dict([metric("errors", errors), metric("rate", rate)]))
    threshold = {"measure": "error_percent", "limit": 5, "services": ["api"]}
    found = look(threshold, Seen(NOW, known), on)
    if expected is None:
        assert "Prometheus has no values for errors of api" in found.unmeasured["it"]
    else:
        assert only(found).value == expected


def test_a_threshold_speaks_for_its_datastores_only() -> None:
    """Whoever is not spoken for is told in the old way."""
    late = {"late": {"measure": "backup_late", "services": ["database"]}}
    on = stack(thresholds=late)
    assert spoken_for(on, "backup_late", "postgres")
    assert not spoken_for(on, "backup_late", "uploads")
    assert not spoken_for(on, "drill_failed", "postgres")


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
@pytest.mark.covers(
    "R1", "RNSAC", only="that every threshold of the shipped files has what it is read from"
)
def test_every_threshold_of_the_shipped_stacks_is_measured_or_said(file: Path) -> None:
    """Without a single answer each has a reason; with what its facts are, each can be measured."""
    shipped = load_stack(file)
    found = measured(shipped, shipped.thresholds, Seen(NOW))
    told = {"down", "backup_late", "drill_failed", "drill_overdue"}
    for name, threshold in shipped.thresholds.items():
        assert how_of(shipped, threshold)
        assert name in found.readings or found.unmeasured[name]
        if threshold.measure not in {*told, "database_cpu_percent"}:
            assert needs(shipped), "it is read from facts"
    assert set(found.readings) | set(found.unmeasured) == set(shipped.thresholds)
