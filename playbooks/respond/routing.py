"""Whose an alert is, and in which channel it is shown. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from playbooks.model.stack import Stack
from playbooks.respond.alert import Alert, Group
from playbooks.respond.quiet import QuietHours
from playbooks.respond.sources import AlertRules, Route


def owned(alert: Alert, rules: AlertRules, stacks: Mapping[str, Stack]) -> Alert:
    """The alert with its stack's name, where one of its labels names a stack of ours."""
    return alert.model_copy(update={"stack": stack_named(alert.labels, rules, stacks)})


def stack_named(labels: Mapping[str, str], rules: AlertRules, stacks: Mapping[str, Stack]) -> str:
    """The stack of ours that one of the labels names; empty where none does."""
    named = (_named(labels.get(label, ""), stacks) for label in rules.stack_labels)
    return next(filter(None, named), "")


def naming_label(
    labels: Mapping[str, str], stack: str, rules: AlertRules, stacks: Mapping[str, Stack]
) -> str:
    """The label that says whose an alert is; empty where none does."""
    fits = (label for label in rules.stack_labels if _named(labels.get(label, ""), stacks) == stack)
    return next(fits, "") if stack else ""


def _named(said: str, stacks: Mapping[str, Stack]) -> str:
    """The stack that is called so, or whose compose project is."""
    if said in stacks:
        return said
    fits = (s.name for s in stacks.values() if s.compose is not None and s.compose.project == said)
    return next(fits, "") if said else ""


@dataclass(frozen=True)
class Routed:
    """Where an alert is shown, as stack files and `interlock.yaml` write the channel, whom its card
    mentions, and until when it only is collected."""

    channel: str
    tell: tuple[str, ...] = ()
    held_until: datetime | None = None


def routed(
    alert: Alert | Group, rules: AlertRules, stacks: Mapping[str, Stack], now: datetime
) -> Routed:
    """What the first route says that fits, and what holds for all where it does not say."""
    route = next((each for each in rules.routes if _fits(alert, each, rules)), None)
    usual = stacks[alert.stack].channel if alert.stack in stacks else rules.channel
    channel = route.channel if route is not None and route.channel is not None else usual
    quiet = rules.quiet if route is None or route.quiet is None else route.quiet
    held = None
    if isinstance(quiet, QuietHours) and alert.severity != "critical":
        held = quiet.until(now)
    return Routed(channel, route.tell if route is not None else (), held)


def owner_of(alert: Alert | Group, rules: AlertRules) -> str:
    """Who it belongs to, as its labels say; empty where they do not."""
    return next((alert.labels[name] for name in rules.owner_labels if name in alert.labels), "")


def _fits(alert: Alert | Group, route: Route, rules: AlertRules) -> bool:
    return (
        all(alert.labels.get(label) == value for label, value in route.match.items())
        and (not route.severity or alert.severity in route.severity)
        and (not route.stack or alert.stack in route.stack)
        and (not route.owner or owner_of(alert, rules) in route.owner)
    )
