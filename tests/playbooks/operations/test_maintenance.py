"""Plans of maintenance: always with an end, with what was looked at before, and when it is safe to
lift."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from playbooks.byhand.known import Known
from playbooks.catalogue import by_hand
from playbooks.errors import BadArgument, UnknownName
from playbooks.model.base import JsonObject
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.maintenance import FlagFile, NginxPage, RedisKey, Switch, TraefikRoute
from playbooks.model.plan import ActionCall, Plan, Risk
from playbooks.model.stack import Stack
from playbooks.operations import maintenance_checks as checks
from playbooks.operations.maintenance import (
    MAINTENANCE_CANCEL,
    MAINTENANCE_OFF,
    MAINTENANCE_ON,
    MAINTENANCE_WINDOW,
    CancelParams,
    OffParams,
    OnParams,
    WindowParams,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DISK = FactQuery(fact="disk.free", args={"path": "/"})
API = FactQuery(fact="service.health", args={"service": "api"})
WORKER = FactQuery(fact="service.state", args={"service": "worker"})


def stack(**maintenance: Any) -> Stack:
    rules = {"switch": {"kind": "file", "path": "/flag"}, "message": "Closed", **maintenance}
    return Stack.model_validate(
        {
            "name": "harbor",
            "environment": "prod",
            "channel": "ops-harbor",
            "services": {"api": {"health": {"kind": "tcp", "port": 1}}, "worker": {}},
            "thresholds": {"disk": {"measure": "disk_free_percent", "limit": 20}},
            "maintenance": rules,
        }
    )


_QUERIES = {
    "clock": checks.CLOCK,
    "state": checks.STATE,
    "runs": checks.RUNS,
    "windows": checks.WINDOWS,
    "disk": DISK,
    "api": API,
    "worker": WORKER,
}


def facts(**changes: JsonObject | None) -> Facts:
    """All is well, and nothing is under maintenance; what is None could not be read."""
    values: dict[str, JsonObject | None] = {
        "clock": {"now": NOW.isoformat()},
        "state": {"on": False, "known": None},
        "runs": {"runs": [], "firing": []},
        "windows": {"windows": []},
        "disk": {"free_bytes": 50, "total_bytes": 100},
        "api": {"healthy": True, "detail": "healthy"},
        "worker": {"state": "running"},
        **changes,
    }
    found = {_QUERIES[name].key: value for name, value in values.items() if value is not None}
    missing = {_QUERIES[name].key: "it took too long" for name in values if values[name] is None}
    return Facts(found, missing)


def lasting(until: datetime, message: str = "Closed") -> JsonObject:
    known = {"since": NOW.isoformat(), "until": until.isoformat(), "run": "aaaaaa"}
    return {"on": True, "known": {**known, "message": message, "person": "ana"}}


def on(params: OnParams, found: Facts | None = None, **rules: Any) -> Plan:
    return MAINTENANCE_ON.plan(stack(**rules), params, found or facts())


@pytest.mark.parametrize(
    ("params", "until"),
    [
        (OnParams(), "2h"),
        (OnParams(lasting=90 * timedelta(minutes=1)), "1h30m"),
        (OnParams(until=NOW + 3 * HOUR), "2026-11-22T15:00:00Z"),
    ],
)
def test_it_always_has_an_end(params: OnParams, until: str) -> None:
    """What is approved names it as it was asked for: a span counts from when it begins."""
    [step] = on(params).steps
    assert (step.action, step.args) == ("maintenance.on", {"message": "Closed", "until": until})
    assert step.undo is not None
    assert step.undo.args == {"of": "{run}"}


@pytest.mark.parametrize(
    "params", [OnParams(until=NOW), OnParams(until=NOW - HOUR), OnParams(lasting=8 * 24 * HOUR)]
)
def test_an_end_that_has_passed_or_is_too_far_is_refused(params: OnParams) -> None:
    """Nobody is shut out for ever by a slip."""
    with pytest.raises(BadArgument, match=r"passed|longer"):
        on(params)


def test_time_that_goes_by_leaves_the_plan_the_same() -> None:
    """What was approved is still the plan when it begins some minutes later."""
    later = Facts({**facts().values, checks.CLOCK.key: {"now": (NOW + HOUR).isoformat()}})
    assert on(OnParams()).digest("1") == on(OnParams(), later).digest("1")


def test_asked_for_again_without_a_later_end_is_nothing_to_do() -> None:
    """A later end, another message, or a switch that somebody turned back is something to do."""
    assert on(OnParams(lasting=HOUR), facts(state=lasting(NOW + HOUR))).nothing_to_do
    for state in (
        lasting(NOW + HOUR / 2),
        lasting(NOW + HOUR, "Other"),
        {**lasting(NOW + HOUR), "on": False},
    ):
        assert not on(OnParams(lasting=HOUR), facts(state=state)).nothing_to_do


def test_what_the_bot_can_check_is_checked() -> None:
    """A full disk and a run that goes on are looked at first; the rest of the list is confirmed
    with the approval, but not once more when a planned window begins."""
    plan = on(
        OnParams(),
        facts(disk={"free_bytes": 10, "total_bytes": 100}, runs={"runs": ["bbbbbb"], "firing": []}),
        checklist=["Tell the users"],
    )
    assert {line.label: line.value for line in plan.shown} == {
        "Disk": "look first: 10 % free, 20 % are wanted",
        "Runs": "look first: bbbbbb on this stack",
    }
    assert any(note.startswith("Disk, look first") for note in plan.notes)
    assert plan.checklist == ("Tell the users",)
    assert on(OnParams(window="w"), checklist=["Tell the users"]).checklist == ()


@pytest.mark.parametrize(
    ("changes", "against"),
    [
        ({}, ()),
        ({"api": {"healthy": False, "detail": "down"}}, ("api is not healthy: down",)),
        ({"api": None}, ("api is unknown: it took too long",)),
        ({"worker": {"state": "stopped"}}, ("worker is stopped",)),
        ({"runs": {"runs": ["bbbbbb"], "firing": []}}, ("run bbbbbb goes on",)),
        ({"runs": {"runs": [], "firing": ["api down: x"]}}, ("api down: x (watched)",)),
        ({"runs": None}, ("what goes on is unknown: it took too long",)),
    ],
)
def test_it_is_safe_to_lift_where_all_is_well(
    changes: dict[str, Any], against: tuple[str, ...]
) -> None:
    """What nobody could tell is not safe. Who lifts it all the same is warned, and may."""
    found = facts(state=lasting(NOW), **changes)
    assert checks.lifting(stack(), found).against == against
    plan = MAINTENANCE_OFF.plan(stack(), OffParams(), found)
    assert [step.action for step in plan.steps] == ["maintenance.off"]
    assert bool(plan.notes) == bool(against)


def test_what_another_hand_switched_on_can_be_lifted() -> None:
    """And what is not on is nothing to do."""
    other = MAINTENANCE_OFF.plan(stack(), OffParams(), facts(state={"on": True, "known": None}))
    assert not other.nothing_to_do
    assert MAINTENANCE_OFF.plan(stack(), OffParams(), facts()).nothing_to_do


def test_a_window_with_short_notice_says_so() -> None:
    """It is approved with its beginning and its end; the stack's own notice counts."""
    params = WindowParams(starts=NOW + 5 * HOUR, ends=NOW + 6 * HOUR)
    plan = MAINTENANCE_WINDOW.plan(stack(), params, facts())
    assert plan.risk is Risk.CHANGE
    assert any("1 d of notice is wanted" in note for note in plan.notes)
    calm = MAINTENANCE_WINDOW.plan(stack(notice="4h"), params, facts())
    assert not any("wanted" in note for note in calm.notes)


def test_windows_have_begun_or_meet_only_once() -> None:
    """A window in the past, and one that meets another, are refused."""
    other = {
        "id": "cccccc",
        "starts": (NOW + HOUR).isoformat(),
        "ends": (NOW + 2 * HOUR).isoformat(),
    }
    found = facts(windows={"windows": [other]})
    for starts in (NOW - HOUR, NOW + 1.5 * HOUR, NOW + 0.5 * HOUR):
        with pytest.raises(BadArgument, match=r"passed|already"):
            MAINTENANCE_WINDOW.plan(stack(), WindowParams(starts=starts, ends=starts + HOUR), found)
    after = WindowParams(starts=NOW + 2 * HOUR, ends=NOW + 3 * HOUR)
    assert MAINTENANCE_WINDOW.plan(stack(), after, found).steps


def test_calling_a_window_off_interrupts_nothing() -> None:
    """It needs nobody's approval, and the name of a window there is."""
    window = {"id": "cccccc", "starts": NOW.isoformat(), "ends": NOW.isoformat()}
    found = facts(windows={"windows": [window]})
    plan = MAINTENANCE_CANCEL.plan(stack(), CancelParams(window="cccccc"), found)
    assert plan.risk is Risk.READ
    with pytest.raises(UnknownName, match="cccccc"):
        MAINTENANCE_CANCEL.plan(stack(), CancelParams(window="dddddd"), found)


@pytest.mark.parametrize(
    ("switch", "words"),
    [
        (
            NginxPage(kind="nginx", link="/l", maintenance="/m", usual="/u", flag="/f"),
            ["tee -- /.f.new", "ln --symbolic --force --no-dereference -- /m /l", "nginx -t"],
        ),
        (TraefikRoute(kind="traefik", file="/t.yml"), ["tee -- /.t.yml.new", "PathPrefix"]),
        (FlagFile(kind="file", path="/flag"), ["tee -- /.flag.new"]),
        (RedisKey(kind="redis", service="api", key="closed"), ["redis-cli SET closed"]),
    ],
)
def test_a_person_can_do_the_same_by_hand(switch: Switch, words: list[str]) -> None:
    """The paper says how, whatever the message holds."""
    known = Known(stack(switch=switch))
    said = {"message": "It's $(date)", "until": "2h"}
    lines = "\n".join(by_hand(known, ActionCall(action="maintenance.on", args=said)))
    assert all(word in lines for word in words)
    assert by_hand(known, ActionCall(action="maintenance.off", args={"of": "{run}"}))


@pytest.mark.parametrize(
    ("backups", "says"),
    [
        ([], "look first: there is none; `/ops backup harbor` makes one"),
        ([HOUR], "ok: the newest is 1 h old"),
        ([50 * HOUR, 30 * HOUR], "look first: the newest is 1 d 6 h old"),
        (None, "unknown: it was not read"),
    ],
)
def test_the_newest_backup_is_looked_at(backups: list[timedelta] | None, says: str) -> None:
    """Against the stack's own objective, else a day; what cannot be read is not called good."""
    described = stack().model_dump(mode="json", by_alias=True) | {"backup": {"repository": "/b"}}
    protected = Stack.model_validate(described)
    found = facts()
    if backups is not None:
        listing = {"backups": [_summary(age) for age in backups]}
        found = Facts({**found.values, FactQuery(fact="repository.list").key: listing})
    shown = MAINTENANCE_ON.plan(protected, OnParams(), found).shown
    assert {line.label: line.value for line in shown}["Backup"] == says


def _summary(age: timedelta) -> JsonObject:
    made = NOW - age
    return {
        "id": f"{made:%Y%m%d-%H%M%S}-aaaaaa",
        "made_at": made.isoformat(),
        "origin": "asked",
        "run": "aaaaaa",
        "requester": "ana",
        "environment": "prod",
        "stores": {},
        "bytes": 1,
        "stored_bytes": 1,
        "encrypted": False,
    }
