"""Whose an alert is, and in which channel it is shown. Pure."""

from collections.abc import Mapping

from playbooks.model.stack import Stack
from playbooks.respond.alert import Alert
from playbooks.respond.sources import AlertRules


def owned(alert: Alert, rules: AlertRules, stacks: Mapping[str, Stack]) -> Alert:
    """The alert with its stack's name, where one of its labels names a stack of ours."""
    named = (_named(alert.labels.get(label, ""), stacks) for label in rules.stack_labels)
    return alert.model_copy(update={"stack": next(filter(None, named), "")})


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


def channel_of(alert: Alert, rules: AlertRules, stacks: Mapping[str, Stack]) -> str:
    """The name of the channel, as stack files and `interlock.yaml` write it."""
    for route in rules.routes:
        if all(alert.labels.get(label) == value for label, value in route.match.items()):
            return route.channel
    return stacks[alert.stack].channel if alert.stack in stacks else rules.channel
