"""What the logs of a time show of attacks."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from playbooks.lines.security import OTHERS, Look
from playbooks.model.checks import PatternsCheck
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.stack import Stack
from playbooks.respond.checking.finding import Finding, together, unknown, why_missing
from playbooks.respond.security import logged
from playbooks.spans import span

_NAMED = 3


def needs(stack: Stack, item: PatternsCheck) -> tuple[FactQuery, ...]:
    return tuple(_past(item, owner) for owner in _owners(stack, item))


def judge(stack: Stack, item: PatternsCheck, facts: Facts, _: datetime) -> Finding:
    """Of each pattern so many lines, and of those that are too many who sent them."""
    if not logged(stack) and not item.services:
        return unknown("no service has a log that is known")
    looks: list[Look] = []
    lacking: dict[str, str] = {}
    whole = True
    for owner in _owners(stack, item):
        query, name = _past(item, owner), owner or "the files"
        fact = facts.get(query)
        if fact is None:
            lacking[name] = why_missing(facts, query)
            continue
        looks += [Look.model_validate(each) for each in fact["looks"]]
        whole = whole and bool(fact["whole"])
        if fact["problems"]:
            lacking[name] = "; ".join(fact["problems"])
    bad, fine = _sorted(stack, item, looks)
    given_up = {name: why for look in looks for name, why in look.troubles.items()}
    unread = [f"{name} unknown: {why}" for name, why in (lacking | given_up).items()]
    lasting = f"in the last {span(item.since)}"
    if not whole:
        unread.append("not all of it was looked through in time")
    return together(
        [f"{', '.join(bad)} {lasting}"] if bad else [],
        f"{', '.join(fine)} {lasting}" if fine else "",
        unread,
    )


def _sorted(
    stack: Stack, item: PatternsCheck, looks: Sequence[Look]
) -> tuple[list[str], list[str]]:
    """What is more than there may be, and what is not; of many without a line how many they are."""
    bad: list[str] = []
    fine: list[str] = []
    none: list[str] = []
    for name in stack.security.sought(item.patterns, item.use):
        sources: Counter[str] = Counter()
        for look in looks:
            sources.update(look.hits[name].sources if name in look.hits else {})
        said = f"{name} {sources.total():,}"
        if sources.total() > item.most:
            bad.append(f"{said}{_most_of(sources)}")
        else:
            (fine if sources else none).append(said)
    if len(none) > _NAMED:
        none = [f"nothing of {len(none)} {'more ' if bad or fine else ''}patterns"]
    return bad, [*fine, *none]


def _most_of(sources: Counter[str]) -> str:
    known = [f"{who} {n:,}" for who, n in sources.most_common() if who and who != OTHERS]
    return f" (most from {', '.join(known[:_NAMED])})" if known else ""


def _owners(stack: Stack, item: PatternsCheck) -> Sequence[str]:
    return item.services or logged(stack)


def _past(item: PatternsCheck, owner: str) -> FactQuery:
    args = {
        "service": owner,
        "since": round(item.since.total_seconds()),
        "patterns": list(item.patterns),
        "use": list(item.use),
    }
    return FactQuery(fact="security.past", args=args)
