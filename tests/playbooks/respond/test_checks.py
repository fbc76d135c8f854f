"""Lines of checklists that are looked at without people: facts in, green or red with the value."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from playbooks.catalogue import READERS
from playbooks.errors import StackFileError
from playbooks.model.base import JsonObject
from playbooks.model.checks import Check, Ticked
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.routines import Routine
from playbooks.model.stack import Stack
from playbooks.model.stack_file import load_stack
from playbooks.respond.checks import Verdict, judge, needs

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
SHIPPED = Path(__file__).parents[3] / "playbooks" / "stacks"
HARBOR = Stack.model_validate(
    {
        "name": "harbor",
        "environment": "prod",
        "channel": "ops",
        "services": {
            "db": {"health": {"kind": "tcp", "port": 5432}},
            "api": {
                "health": {"kind": "http", "url": "http://127.0.0.1/"},
                "logs": [{"path": "/var/log/api.log"}],
            },
        },
        "datastores": {
            "main": {"kind": "postgres", "database": "m", "user": "m", "password": "env:PW"}
        },
        "backup": {
            "repository": "file:///backups",
            "schedules": {"nightly": {"datastores": ["main"], "at": "02:00"}},
        },
        "drill": {"schedule": {"datastores": ["main"], "at": "05:00", "on": "weekly sunday"}},
        "thresholds": {
            "disk": {"measure": "disk_free_percent", "limit": 20},
            "slow": {"measure": "p95_seconds", "limit": 0.5},
        },
        "tls": {"endpoints": {"api": {"url": "https://harbor.example.com"}}},
        "telemetry": {"prometheus": "http://127.0.0.1:9090"},
        "security": {"patterns": {"failed-login": "Authentication failed"}},
        "maintenance": {"switch": {"kind": "file", "path": "closed.json"}},
    }
)


def looked(hits: Mapping[str, Mapping[str, int]] | None = None, whole: bool = True) -> JsonObject:
    """A look through logs that gave so many lines of each pattern from each source."""
    found = {name: {"sources": dict(each)} for name, each in (hits or {}).items()}
    return {"looks": [{"hits": found}], "whole": whole, "problems": []}


def item_of(**given: Any) -> Ticked | Check:
    return Routine(every="daily", items=({"text": "Look", **given},)).items[0]


def facts_for(item: Ticked | Check, answers: Mapping[str, JsonObject | None]) -> Facts:
    """Answers by the name of the fact, or by the name and a service or datastore."""
    values, missing = {}, {}
    for query in needs(HARBOR, [item]):
        found = answers.get(_narrow(query), answers.get(query.fact))
        if found is None:
            missing[query.key] = "the host is away"
        else:
            values[query.key] = found
    return Facts(values, missing)


def _narrow(query: FactQuery) -> str:
    subject = query.args.get("service", query.args.get("datastore", query.args.get("name", "")))
    return f"{query.fact} {subject}"


def backups(age: timedelta, drilled: timedelta | None = None, **more: Any) -> JsonObject:
    made = (NOW - age).isoformat()
    part = {"kind": "postgres", "bytes": 1, "stored_bytes": 1, "seconds": 1.0}
    note = {"run": "a", "passed": True, "seconds": 9.0, "checks": 3}
    noted = {"main": {**note, "at": (NOW - drilled).isoformat()}} if drilled else {}
    one = {
        "id": "20261123-020000-abcdef",
        "made_at": made,
        "origin": "scheduled",
        "run": "abcdef",
        "requester": "schedule",
        "environment": "prod",
        "stores": {"main": part},
        "bytes": 1,
        "stored_bytes": 1,
        "encrypted": False,
        "drills": noted,
    }
    return {"backups": [{**one, **more}]}


def system(free: int) -> JsonObject:
    total = 100_000_000_000
    used = total - free * 1_000_000_000
    disk = {"device": "/dev/sda", "path": "/", "total": total, "used": used}
    return {"systems": [{**disk, "free": total - used}]}


def errors(count: int) -> JsonObject:
    kinds = [{"shape": "no route to N", "count": count, "example": "no route to 7"}]
    return {"errors": count, "kinds": kinds if count else []}


def measured(value: float) -> JsonObject:
    return {"name": "p95", "query": "q", "unit": "s", "series": [{"points": [[1.0, value]]}]}


def job(ended: str, why: str = "") -> JsonObject:
    return {"name": "nightly", "at": NOW.isoformat(), "ended": ended, "why": why}


WELL = {"healthy": True, "detail": "healthy", "ms": 3}
ILL = {"healthy": False, "detail": "connection refused", "ms": 3}
HOST = {"cores": 2, "load": 0.4, "memory_bytes": 8_000_000_000, "available_bytes": 6_000_000_000}
UP: JsonObject = {"state": "running", "containers": [{"out_of_memory": False}]}
INSIGHT = {"headline": "main is up for 3 d: nothing to worry about"}
WORRY = {"headline": "1 worry", "worries": ["STACK STORE has no connection left."]}
CERTIFICATE = {
    "subject": "harbor",
    "issuer": "CA",
    "names": ["harbor.example.com"],
    "begins": "2026-09-01T00:00:00Z",
    "ends": "2026-12-01T09:00:00Z",
    "self_signed": False,
    "serial": "1",
    "sha256": "a",
}
PACKAGE = {"name": "libssl3", "installed": "1", "candidate": "2"}
NO_IMAGE: JsonObject = {"packages": []}
WINDOW = {"starts": "2026-11-24T22:00:00Z"}
DAY = timedelta(days=1)

TABLE: list[tuple[JsonObject, Mapping[str, JsonObject | None], str, str]] = [
    ({"check": "health"}, {"service.health": WELL}, "green", "2 of 2 services healthy"),
    (
        {"check": "health"},
        {"service.health": WELL, "service.health api": ILL},
        "red",
        "api: connection refused; 1 of 2 services healthy",
    ),
    (
        {"check": "health"},
        {"service.health api": WELL},
        "unknown",
        "1 of 2 services healthy; db unknown: the host is away",
    ),
    ({"check": "errors"}, {"logs.errors": errors(0)}, "green", "no errors in the last 1 d"),
    (
        {"check": "errors", "since": "15h"},
        {"logs.errors": errors(0), "logs.errors api": errors(3)},
        "red",
        "3 errors in the last 15 h: api 3, mostly 'no route to N'",
    ),
    (
        {"check": "errors", "most": 3},
        {"logs.errors": errors(0), "logs.errors api": errors(3)},
        "green",
        "3 errors in the last 1 d",
    ),
    (
        {"check": "backup"},
        {"repository.list": backups(timedelta(hours=7))},
        "green",
        "main 7 h old, whole as written",
    ),
    (
        {"check": "backup"},
        {"repository.list": backups(timedelta(hours=31))},
        "red",
        "main 1 d 7 h old, more than 1 d 2 h",
    ),
    (
        {"check": "backup"},
        {"repository.list": backups(DAY, problem="main.dump is cut")},
        "red",
        "main has no good backup",
    ),
    ({"check": "backup"}, {"repository.list": {"backups": []}}, "red", "main has no good backup"),
    (
        {"check": "backup"},
        {},
        "unknown",
        "the repository could not be read: the host is away",
    ),
    (
        {"check": "disk"},
        {"disk.systems": system(61)},
        "green",
        "61 % free on /, 20 % wanted",
    ),
    (
        {"check": "disk", "percent": 70},
        {"disk.systems": system(61)},
        "red",
        "/ has 61 % free (61 GB), 70 % wanted",
    ),
    (
        {"check": "disk"},
        {"disk.systems": system(20)},
        "red",
        "/ has 20 % free (20 GB), 20 % wanted",
    ),
    (
        {"check": "resources"},
        {"host.usage": HOST},
        "green",
        "memory 25 % of 8.0 GB taken (limit 90 %), load 0.4 on 2 cores (limit 3)",
    ),
    (
        {"check": "resources"},
        {"host.usage": {**HOST, "load": 4.0}},
        "red",
        "load 4.0 on 2 cores (limit 3); memory 25 % of 8.0 GB taken (limit 90 %)",
    ),
    (
        {"check": "certificates"},
        {"certs.served": {"certificate": CERTIFICATE}},
        "red",
        "harbor.example.com ends in 8 days",
    ),
    (
        {"check": "certificates", "days": 7},
        {"certs.served": {"certificate": CERTIFICATE}},
        "green",
        "harbor.example.com ends in 8 days",
    ),
    (
        {"check": "certificates"},
        {"certs.served": {"why": "refused"}},
        "red",
        "harbor.example.com cannot be reached: refused",
    ),
    (
        {"check": "patterns"},
        {"security.past": looked()},
        "green",
        "failed-login 0 in the last 1 d",
    ),
    (
        {"check": "patterns", "services": ["api"], "use": ["nginx"]},
        {"security.past": looked({"failed-login": {"192.0.2.1": 2, "": 1}})},
        "red",
        "failed-login 3 (most from 192.0.2.1 2) in the last 1 d; "
        "nothing of 5 more patterns in the last 1 d",
    ),
    (
        {"check": "patterns", "services": ["api"], "most": 3},
        {"security.past": looked({"failed-login": {"": 3}}, whole=False)},
        "unknown",
        "failed-login 3 in the last 1 d; not all of it was looked through in time",
    ),
    (
        {"check": "drill"},
        {"repository.list": backups(DAY, drilled=2 * DAY)},
        "green",
        "main drilled 2 d ago, passed",
    ),
    (
        {"check": "drill"},
        {"repository.list": backups(DAY, drilled=9 * DAY)},
        "red",
        "main was drilled 9 d ago, more than 8 d",
    ),
    (
        {"check": "drill"},
        {"repository.list": backups(DAY)},
        "red",
        "main was never drilled",
    ),
    (
        {"check": "updates"},
        {"updates.packages": NO_IMAGE},
        "green",
        "no package of the host waits",
    ),
    (
        {"check": "updates", "security": True},
        {"updates.packages": {"packages": [PACKAGE]}},
        "green",
        "1 package of the host wait, 0 for security",
    ),
    (
        {"check": "updates", "security": True},
        {"updates.packages": {"packages": [{**PACKAGE, "security": True}]}},
        "red",
        "1 package of the host wait, 1 for security: libssl3",
    ),
    (
        {"check": "database"},
        {"db.overview": INSIGHT},
        "green",
        "main is up for 3 d: nothing to worry about",
    ),
    (
        {"check": "database", "view": "connections"},
        {"db.connections": WORRY},
        "red",
        "main: harbor main has no connection left.",
    ),
    (
        {"check": "metrics", "names": ["p95"]},
        {"metrics.range": measured(0.2)},
        "green",
        "p95 0.2 s (limit 0.5)",
    ),
    (
        {"check": "metrics", "names": ["p95"]},
        {"metrics.range": measured(0.7)},
        "red",
        "p95 0.7 s (limit 0.5)",
    ),
    (
        {"check": "maintenance"},
        {"maintenance.windows": {"windows": [WINDOW]}, "maintenance.state": {"on": False}},
        "green",
        "planned: from 2026-11-24 22:00 UTC",
    ),
    (
        {"check": "maintenance"},
        {
            "maintenance.windows": {"windows": []},
            "maintenance.state": {"on": True, "known": None},
        },
        "red",
        "under maintenance past its end; no maintenance is planned",
    ),
    (
        {"check": "jobs"},
        {"remembered.jobs": {"jobs": [job("well"), job("well")]}},
        "green",
        "2 of 2 jobs ended well in the last 1 d",
    ),
    (
        {"check": "jobs"},
        {"remembered.jobs": {"jobs": [job("well"), job("badly", "the disk is full")]}},
        "red",
        "nightly: the disk is full; 1 of 2 jobs ended well in the last 1 d",
    ),
    ({"check": "alerts"}, {"remembered.alerts": {"firing": []}}, "green", "nothing fires"),
    (
        {"check": "alerts"},
        {"remembered.alerts": {"firing": ["critical ApiDown"]}},
        "red",
        "1 alert firing: critical ApiDown",
    ),
]


@pytest.mark.parametrize(("given", "answers", "verdict", "said"), TABLE)
def test_a_check_is_judged_by_its_facts(
    given: JsonObject, answers: Mapping[str, JsonObject | None], verdict: str, said: str
) -> None:
    """Green or red with the value; unknown where something was not seen and nothing is bad."""
    item = item_of(**given)
    found = judge(HARBOR, item, facts_for(item, answers), NOW)
    assert found is not None
    assert (found.verdict.value, found.said) == (verdict, said)


@pytest.mark.parametrize("given", [row[0] for row in TABLE], ids=lambda row: row["check"])
def test_what_cannot_be_read_is_unknown(given: JsonObject) -> None:
    """Without a single fact nothing is called well, and nothing breaks."""
    item = item_of(**given)
    found = judge(HARBOR, item, facts_for(item, {}), NOW)
    assert found is not None
    assert found.verdict is Verdict.UNKNOWN
    assert found.said


def test_a_fact_of_another_shape_is_unknown() -> None:
    """What a reader gave wrongly never stops the rest of a list."""
    item = item_of(check="disk")
    found = judge(HARBOR, item, facts_for(item, {"disk.systems": {"systems": "full"}}), NOW)
    assert found is not None
    assert found.said == "what was read cannot be judged (ValidationError)"


def test_text_is_for_people() -> None:
    """Plain text and text under its key are the same; nothing is read for them."""
    routine = Routine(every="daily", items=("Look", {"text": "Look"}))
    assert routine.items[0] == routine.items[1] == Ticked(text="Look")
    assert needs(HARBOR, routine.items) == ()
    assert judge(HARBOR, routine.items[0], Facts(), NOW) is None
    assert Routine.model_validate(routine.model_dump(mode="json")) == routine


@pytest.mark.parametrize("file", sorted(SHIPPED.glob("*.yaml")), ids=lambda file: file.stem)
def test_shipped_checklists_ask_for_known_facts(file: Path) -> None:
    """Every check of a shipped stack reads facts that there are, with arguments that they take."""
    stack = load_stack(file)
    lists = [routine.items for routine in stack.routines.values()]
    for items in lists:
        for query in needs(stack, items):
            READERS[query.fact].args.model_validate(query.args)
        for item in items:
            judge(stack, item, Facts(), NOW)
    assert file.stem == "relica" or any(needs(stack, items) for items in lists)


@pytest.mark.parametrize(
    ("item", "wrong"),
    [
        ("{text: Look, check: healt}", "check 'healt' is unknown; write 'health'"),
        ("{text: Look, check: disk, percents: 3}", "unknown key 'percents'"),
        ("{text: Look, check: health, services: [apo]}", "names the unknown service 'apo'"),
        ("{check: health}", "the key 'text' is missing"),
    ],
)
def test_mistakes_in_items_are_named(tmp_path: Path, item: str, wrong: str) -> None:
    """An unknown check, argument or name is refused with its place."""
    path = tmp_path / "tide.yaml"
    path.write_text(
        "name: tide\nenvironment: prod\nchannel: ops\nroutines:\n"
        f"  morning:\n    every: daily\n    items:\n      - {item}\n"
    )
    with pytest.raises(StackFileError) as refused:
        load_stack(path)
    assert wrong in str(refused.value)
