"""What the bot can look at by itself for a line of a checklist: which facts it takes, and how they
are judged. Pure; whoever calls reads the facts, all of a checklist at once, within one deadline."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from playbooks.model import checks
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.stack import Stack
from playbooks.respond.checking import host, measures, patterns, protection, services
from playbooks.respond.checking.finding import Finding, Verdict, unknown

__all__ = ["SECONDS", "Finding", "Verdict", "judge", "needs"]

SECONDS = 40.0
"""The deadline for all facts of a checklist. apt alone may take half of it."""


@dataclass(frozen=True)
class _Look:
    """One kind of check. What `needs` names may be missing: then `judge` says unknown."""

    needs: Callable[[Stack, Any], tuple[FactQuery, ...]]
    judge: Callable[[Stack, Any, Facts, datetime], Finding]


_LOOKS: Mapping[str, _Look] = MappingProxyType(
    {
        "health": _Look(services.health_needs, services.health),
        "errors": _Look(services.errors_needs, services.errors),
        "patterns": _Look(patterns.needs, patterns.judge),
        "resources": _Look(services.resources_needs, services.resources),
        "backup": _Look(protection.needs, protection.backup),
        "drill": _Look(protection.needs, protection.drill),
        "disk": _Look(host.disk_needs, host.disk),
        "certificates": _Look(host.certificates_needs, host.certificates),
        "updates": _Look(host.updates_needs, host.updates),
        "database": _Look(measures.database_needs, measures.database),
        "metrics": _Look(measures.metrics_needs, measures.metrics),
        "maintenance": _Look(measures.maintenance_needs, measures.maintenance),
        "jobs": _Look(measures.jobs_needs, measures.jobs),
        "alerts": _Look(measures.alerts_needs, measures.alerts),
    }
)


def needs(stack: Stack, items: Iterable[checks.Ticked | checks.Check]) -> tuple[FactQuery, ...]:
    """Every fact that the items take, each once; none for what only people can tell."""
    asked = [
        query
        for item in items
        if item.check in _LOOKS
        for query in _LOOKS[item.check].needs(stack, item)
    ]
    return tuple({query.key: query for query in asked}.values())


def judge(
    stack: Stack, item: checks.Ticked | checks.Check, facts: Facts, now: datetime
) -> Finding | None:
    """What the facts mean for the item; None where only people can tell."""
    look = _LOOKS.get(item.check)
    if look is None:
        return None
    try:
        return look.judge(stack, item, facts, now)
    except (ValueError, KeyError, TypeError) as error:
        # A fact of another shape than it should have: one line of the list is unknown, no more.
        return unknown(f"what was read cannot be judged ({type(error).__name__})")
