"""What a stack file says, as lines for people; every function is one topic."""

from collections.abc import Iterator
from datetime import datetime

from playbooks.gate.duration import write_duration
from playbooks.model.contacts import Contact
from playbooks.model.datastores import Datastore
from playbooks.model.deploy import ProcedureStep
from playbooks.model.objectives import Objectives, Scenario
from playbooks.model.service import Service
from playbooks.model.stack import Stack

Section = tuple[str, ...]


def title(stack: Stack) -> str:
    """`prod/neurocore (production)`: with its people's own word for the environment."""
    called = f" ({stack.environment_name})" if stack.environment_name else ""
    return f"{stack.environment}/{stack.name}{called}"


def services(stack: Stack) -> Section:
    """By start-up layer: `1. postgres (5434), redis (6381)`."""
    return tuple(
        f"{number}. {', '.join(_with_ports(name, stack.services[name]) for name in layer)}"
        for number, layer in enumerate(stack.layers(), 1)
    )


def contacts(stack: Stack, now: datetime) -> Section:
    """Who, how, when, and whether they answer now."""
    return tuple(
        f"{contact.role}: {', '.join(contact.ways) or 'nobody is named yet'}"
        f"{_answers(stack, contact, now)}"
        for contact in stack.contacts.values()
    )


def backups(stack: Stack) -> Section:
    """Datastores, sets, schedules, objectives."""
    return tuple(_backups(stack))


def objectives(stack: Stack) -> Section:
    """What may be lost, and how long a restore may take."""
    return tuple(_objectives(stack))


def thresholds(stack: Stack) -> Section:
    return tuple(
        f"{name}: {each.shown}, {each.severity}{_of(each.services)}"
        for name, each in stack.thresholds.items()
    )


def routines(stack: Stack) -> Section:
    return tuple(
        f"{name}, {each.rhythm}: {'; '.join(item.text for item in each.items)}"
        for name, each in stack.routines.items()
    )


def incidents(stack: Stack) -> Section:
    return tuple(
        f"{kind}: {phase.shown}: {'; '.join(item.text for item in phase.items)}"
        for kind, phases in stack.incidents.items()
        for phase in phases
    )


def deploying(stack: Stack) -> Section:
    """The ways a version comes, with what is confirmed before, and maintenance."""
    return tuple(_deploying(stack))


def scripts(stack: Stack) -> Section:
    return tuple(
        f"{name} ({each.risk}): {' '.join(each.argv)}{f': {each.summary}' if each.summary else ''}"
        for name, each in stack.scripts.items()
    )


def places(stack: Stack) -> Section:
    """Pages for people, and where logs are."""
    telemetry = stack.telemetry
    known = {
        "Prometheus": telemetry.prometheus,
        "Alertmanager": telemetry.alertmanager,
        "Loki": telemetry.loki,
        **telemetry.dashboards,
    }
    files = [(name, log) for name, each in stack.services.items() for log in each.logs]
    files += [(stack.name, log) for log in stack.logs]
    return (
        *(f"{name}: {url}" for name, url in known.items() if url),
        *(
            f"log of {name}: {log.path}{' in its container' if log.in_container else ''}"
            f"{f', kept {write_duration(log.keep)}' if log.keep else ''}"
            for name, log in files
        ),
    )


def externals(stack: Stack) -> Section:
    return tuple(
        f"{name}: {each.purpose}, criticality {each.criticality}"
        for name, each in stack.externals.items()
    )


def _of(services: tuple[str, ...]) -> str:
    return f" ({', '.join(services)})" if services else ""


def _with_ports(name: str, service: Service) -> str:
    ports = [str(port) for port in service.ports]
    ports += [f"inside {port}" for port in service.internal]
    return f"{name} ({', '.join(ports)})" if ports else name


def _answers(stack: Stack, contact: Contact, now: datetime) -> str:
    if contact.hours == "unknown":
        return ""
    if contact.hours == "always":
        return ", at any time"
    open_now = "" if stack.office_hours.hold(now) else ", not now"
    return f", {stack.office_hours.shown}{open_now}"


def _backups(stack: Stack) -> Iterator[str]:
    for name, store in stack.datastores.items():
        yield f"{name}: {_store(store)}"
    rules = stack.backup
    if rules is not None:
        yield from (f"set {name}: {', '.join(stores)}" for name, stores in rules.sets.items())
        yield from (f"{name}: {each.rhythm}" for name, each in rules.schedules.items())
        copies = "".join(f", copied to {copy.repository}" for copy in rules.copies)
        yield f"kept in {rules.repository}{copies}"
    yield from _objectives(stack)


def _objectives(stack: Stack) -> Iterator[str]:
    aims: dict[str, Objectives | Scenario] = {"the stack": stack.objectives}
    aims |= stack.objectives.scenarios
    for name, aim in aims.items():
        parts = [
            f"{word} {write_duration(span)}"
            for word, span in (("RPO", aim.rpo), ("RTO", aim.rto))
            if span is not None
        ]
        if parts:
            yield f"objective of {name}: {', '.join(parts)}"


def _store(store: Datastore) -> str:
    return f"{store.kind}{f' in {store.service}' if store.service else ''}"


def _deploying(stack: Stack) -> Iterator[str]:
    deploy = stack.deploy
    if deploy is not None:
        if deploy.checklist:
            yield f"before: {'; '.join(deploy.checklist)}"
        ways = {**deploy.ways, "rollback": deploy.rollback}
        for name, steps in ways.items():
            if steps:
                yield f"{name}: {', '.join(map(_step, steps))}"
    maintenance = stack.maintenance
    if maintenance is not None:
        notice = (
            f", announced {write_duration(maintenance.notice)} ahead" if maintenance.notice else ""
        )
        yield f"maintenance by {maintenance.switch.kind}{notice}"
        if maintenance.checklist:
            yield f"before maintenance: {'; '.join(maintenance.checklist)}"


def _step(step: ProcedureStep) -> str:
    words = step.kind.replace("_", " ")
    match step.kind:
        case "backup":
            return f"{words} {step.set}"
        case "script":
            return f"{words} {step.script}"
        case "checkout":
            return f"{words} {step.ref}"
        case "one_off":
            return f"{' '.join(step.argv)} in {step.service}"
        case "pull" | "build" | "push" | "roll" | "restart" | "down" | "up" | "health":
            return f"{words} {' '.join(step.services)}".strip()
    return words
