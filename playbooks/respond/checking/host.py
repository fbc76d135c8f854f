"""The host's disk, certificates, and what waits to be updated."""

from collections.abc import Iterator
from datetime import datetime
from math import floor

from playbooks.model.certificates import Certificate, Served
from playbooks.model.checks import CertificatesCheck, DiskCheck, UpdatesCheck
from playbooks.model.disk import FileSystems
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.stack import Stack
from playbooks.model.updates import ImageUpdate, Packages
from playbooks.respond.checking.finding import Finding, together, unknown, why_missing
from playbooks.sizes import counted, in_bytes

_SYSTEMS = FactQuery(fact="disk.systems")
_PACKAGES = FactQuery(fact="updates.packages")
_USUAL_FREE = 10.0
_NAMED = 5


def disk_needs(_: Stack, __: DiskCheck) -> tuple[FactQuery, ...]:
    return (_SYSTEMS,)


def disk(stack: Stack, item: DiskCheck, facts: Facts, _: datetime) -> Finding:
    fact = facts.get(_SYSTEMS)
    if fact is None:
        return unknown(f"how full the host is, is unknown: {why_missing(facts, _SYSTEMS)}")
    limit = item.percent if item.percent is not None else _threshold(stack)
    systems = sorted(FileSystems.model_validate(fact).systems, key=lambda each: each.free_percent)
    bad = [
        f"{each.path} has {each.free_percent:.0f} % free ({in_bytes(each.free)}), "
        f"{limit:g} % wanted"
        for each in systems
        if each.free_percent <= limit
    ]
    if not systems:
        return unknown("the host has no file system that holds data")
    least = systems[0]
    good = "" if bad else f"{least.free_percent:.0f} % free on {least.path}, {limit:g} % wanted"
    return together(bad, good, ())


def certificates_needs(stack: Stack, _: CertificatesCheck) -> tuple[FactQuery, ...]:
    return tuple(query for _, query in _certificates(stack))


def certificates(stack: Stack, item: CertificatesCheck, facts: Facts, now: datetime) -> Finding:
    limit = item.days if item.days is not None else stack.tls.warn_days[1]
    bad: list[str] = []
    fine: list[str] = []
    lacking: list[str] = []
    for where, query in _certificates(stack):
        fact = facts.get(query)
        if fact is None:
            lacking.append(f"{where} unknown: {why_missing(facts, query)}")
            continue
        found = Served.model_validate(fact) if query.fact == "certs.served" else None
        held = found.certificate if found else Certificate.model_validate(fact)
        if held is None:
            bad.append(f"{where} cannot be reached: {found.why if found else ''}")
            continue
        days = held.days_left(now)
        said = f"{where} ends in {counted(floor(days), 'day')}" if days > 0 else f"{where} is over"
        (bad if days <= limit else fine).append(said)
    if not (bad or fine or lacking):
        return unknown("the stack file names no certificates")
    return together(bad, ", ".join(fine), lacking)


def updates_needs(stack: Stack, item: UpdatesCheck) -> tuple[FactQuery, ...]:
    images = () if item.what == "packages" else tuple(map(_image, _contained(stack)))
    return images if item.what == "images" else (*images, _PACKAGES)


def updates(stack: Stack, item: UpdatesCheck, facts: Facts, _: datetime) -> Finding:
    bad, fine, lacking = [], [], []
    if item.what != "packages" and _contained(stack):
        behind, unseen = _images(stack, facts)
        bad += [f"newer images wait for {', '.join(behind)}"] if behind else []
        lacking += [f"images unknown of {', '.join(unseen)}"] if unseen else []
        fine += [] if behind or unseen else ["no newer image waits"]
    if item.what != "images":
        fact = facts.get(_PACKAGES)
        if fact is None:
            lacking.append(f"packages unknown: {why_missing(facts, _PACKAGES)}")
        else:
            said, matters = _packages(Packages.model_validate(fact), item)
            (bad if matters else fine).append(said)
    return together(bad, ", ".join(fine), lacking)


def _packages(found: Packages, item: UpdatesCheck) -> tuple[str, bool]:
    """What waits, in words, and whether it matters."""
    unsafe = [each.name for each in found.packages if each.security]
    if not found.packages:
        return "no package of the host waits", False
    named = f": {', '.join(unsafe[:_NAMED])}" if unsafe else ""
    said = f"{counted(len(found.packages), 'package')} of the host wait, {len(unsafe)} for security"
    return f"{said}{named}", bool(unsafe) if item.security else True


def _images(stack: Stack, facts: Facts) -> tuple[list[str], list[str]]:
    """Services whose images are behind, and those of which that is unknown."""
    behind, unseen = [], []
    for service in _contained(stack):
        fact = facts.get(_image(service))
        waiting = ImageUpdate.model_validate(fact).waiting if fact is not None else None
        if waiting is None:
            unseen.append(service)
        elif waiting:
            behind.append(service)
    return behind, unseen


def _contained(stack: Stack) -> tuple[str, ...]:
    return tuple(name for name in stack.services if stack.container_of(name))


def _certificates(stack: Stack) -> Iterator[tuple[str, FactQuery]]:
    for endpoint in stack.tls.endpoints.values():
        args = {"endpoint": endpoint.model_dump(mode="json")}
        yield endpoint.host, FactQuery(fact="certs.served", args=args)
    for path in stack.tls.files.values():
        yield str(path), FactQuery(fact="certs.file", args={"path": str(path)})


def _threshold(stack: Stack) -> float:
    limits = [
        each.limit
        for each in stack.thresholds.values()
        if each.measure == "disk_free_percent" and each.limit is not None
    ]
    return max(limits, default=_USUAL_FREE)


def _image(service: str) -> FactQuery:
    return FactQuery(fact="updates.image", args={"service": service})
