"""Whose an alert is, and in which channel it is shown. Pure."""

from collections.abc import Mapping

from playbooks.model.stack import Stack
from playbooks.respond.alert import Alert
from playbooks.respond.sources import AlertRules


def owned(alert: Alert, rules: AlertRules, stacks: Mapping[str, Stack]) -> Alert:
    """The alert with its stack's name, where one of its labels names a stack of ours."""
    projects = {
        stack.compose.project: stack.name for stack in stacks.values() if stack.compose is not None
    }
    for label in rules.stack_labels:
        said = alert.labels.get(label, "")
        name = said if said in stacks else projects.get(said, "")
        if name:
            return alert.model_copy(update={"stack": name})
    return alert.model_copy(update={"stack": ""})


def channel_of(alert: Alert, rules: AlertRules, stacks: Mapping[str, Stack]) -> str:
    """The name of the channel, as stack files and `interlock.yaml` write it."""
    for route in rules.routes:
        if all(alert.labels.get(label) == value for label, value in route.match.items()):
            return route.channel
    return stacks[alert.stack].channel if alert.stack in stacks else rules.channel
