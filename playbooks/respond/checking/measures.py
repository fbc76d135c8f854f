"""Databases, metrics, and what the bot remembers of the stack."""

from collections.abc import Sequence
from datetime import datetime

from playbooks.errors import UnknownName
from playbooks.metrics import wanted
from playbooks.model.checks import (
    AlertsCheck,
    DatabaseCheck,
    JobsCheck,
    MaintenanceCheck,
    MetricsCheck,
)
from playbooks.model.datastores import PostgresAccess
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.insight import Insight
from playbooks.model.jobs import Job
from playbooks.model.measured import Measured
from playbooks.model.stack import Stack
from playbooks.respond.checking.finding import (
    Finding,
    green,
    red,
    together,
    unknown,
    why_missing,
)
from playbooks.sizes import counted
from playbooks.spans import moment, span

_WINDOWS = FactQuery(fact="maintenance.windows")
_MAINTENANCE = FactQuery(fact="maintenance.state")
_ALERTS = FactQuery(fact="remembered.alerts")
_NAMED = 5


def database_needs(stack: Stack, item: DatabaseCheck) -> tuple[FactQuery, ...]:
    return tuple(_look(item, name) for name in _databases(stack, item))


def database(stack: Stack, item: DatabaseCheck, facts: Facts, _: datetime) -> Finding:
    bad, fine, lacking = [], [], []
    names = _databases(stack, item)
    for name in names:
        fact = facts.get(_look(item, name))
        if fact is None:
            lacking.append(f"{name} unknown: {why_missing(facts, _look(item, name))}")
            continue
        seen = Insight.model_validate(fact)
        if seen.worries:
            bad.append(f"{name}: {' '.join(seen.worries)}".replace("STACK", stack.name))
        else:
            fine.append(seen.headline)
    if not names:
        return unknown("the stack has no PostgreSQL to look into")
    return together([each.replace("STORE", names[0]) for each in bad], "; ".join(fine), lacking)


def metrics_needs(stack: Stack, item: MetricsCheck) -> tuple[FactQuery, ...]:
    return tuple(_range(item, name) for name in item.names) if stack.telemetry.prometheus else ()


def metrics(stack: Stack, item: MetricsCheck, facts: Facts, _: datetime) -> Finding:
    if stack.telemetry.prometheus is None:
        return unknown("the stack has no Prometheus")
    bad: list[str] = []
    fine: list[str] = []
    lacking: list[str] = []
    for name in item.names:
        fact = facts.get(_range(item, name))
        now = Measured.model_validate(fact) if fact is not None else None
        value = (
            next((each.now for each in now.series if each.now is not None), None) if now else None
        )
        if now is None or value is None:
            why = why_missing(facts, _range(item, name)) if now is None else "nothing was measured"
            lacking.append(f"{name} unknown: {why}")
            continue
        limit = _limit(stack, name)
        said = f"{name} {value:.3g}{f' {now.unit}' if now.unit else ''}"
        said += f" (limit {limit:g})" if limit is not None else ""
        (bad if limit is not None and value > limit else fine).append(said)
    return together(bad, ", ".join(fine), lacking)


def maintenance_needs(stack: Stack, _: MaintenanceCheck) -> tuple[FactQuery, ...]:
    return (_WINDOWS, *((_MAINTENANCE,) if stack.maintenance else ()))


def maintenance(stack: Stack, _: MaintenanceCheck, facts: Facts, now: datetime) -> Finding:
    planned = facts.get(_WINDOWS)
    if planned is None:
        return unknown(f"what is planned is unknown: {why_missing(facts, _WINDOWS)}")
    windows = [
        f"from {moment(datetime.fromisoformat(each['starts']), now)}"
        for each in planned["windows"][:_NAMED]
    ]
    said = f"planned: {', '.join(windows)}" if windows else "no maintenance is planned"
    state = facts.get(_MAINTENANCE) if stack.maintenance else None
    if state is None or not state["on"]:
        return green(said)
    known = state["known"]
    if known and datetime.fromisoformat(known["until"]) > now:
        return green(
            f"under maintenance until {moment(datetime.fromisoformat(known['until']), now)}"
        )
    return red(f"under maintenance past its end; {said}")


def jobs_needs(_: Stack, item: JobsCheck) -> tuple[FactQuery, ...]:
    return (_jobs(item),)


def jobs(_: Stack, item: JobsCheck, facts: Facts, __: datetime) -> Finding:
    fact = facts.get(_jobs(item))
    if fact is None:
        return unknown(f"what ran is unknown: {why_missing(facts, _jobs(item))}")
    found = [Job.model_validate(each) for each in fact["jobs"]]
    lasting = f"in the last {span(item.since)}"
    if not found:
        return unknown(f"nothing was to happen by schedule {lasting}")
    bad = [f"{each.name}: {each.why or each.ended}" for each in found if each.ended == "badly"]
    left = [f"{each.name} left out: {each.why}" for each in found if each.ended == "left out"]
    waits = [f"{each.name}: {each.why or 'not yet ended'}" for each in found if _open(each)]
    well = sum(each.ended == "well" for each in found)
    good = f"{well} of {counted(len(found), 'job')} ended well {lasting}"
    return together([*bad, *left][:_NAMED], good, waits[:_NAMED])


def alerts_needs(_: Stack, __: AlertsCheck) -> tuple[FactQuery, ...]:
    return (_ALERTS,)


def alerts(_: Stack, __: AlertsCheck, facts: Facts, ___: datetime) -> Finding:
    fact = facts.get(_ALERTS)
    if fact is None:
        return unknown(f"what fires is unknown: {why_missing(facts, _ALERTS)}")
    firing: Sequence[str] = fact["firing"]
    if not firing:
        return green("nothing fires")
    more = f" and {len(firing) - _NAMED} more" if len(firing) > _NAMED else ""
    return red(f"{counted(len(firing), 'alert')} firing: {', '.join(firing[:_NAMED])}{more}")


def _open(job: Job) -> bool:
    return job.ended == "not yet"


def _databases(stack: Stack, item: DatabaseCheck) -> tuple[str, ...]:
    stores = stack.datastores.items()
    return item.datastores or tuple(n for n, s in stores if isinstance(s, PostgresAccess))


def _limit(stack: Stack, name: str) -> float | None:
    try:
        return wanted(stack, name).limit
    except UnknownName:
        return None


def _look(item: DatabaseCheck, datastore: str) -> FactQuery:
    return FactQuery(fact=f"db.{item.view}", args={"datastore": datastore})


def _range(item: MetricsCheck, name: str) -> FactQuery:
    args = {"name": name, "since": item.since.total_seconds()}
    return FactQuery(fact="metrics.range", args=args)


def _jobs(item: JobsCheck) -> FactQuery:
    return FactQuery(fact="remembered.jobs", args={"since": item.since.total_seconds()})
