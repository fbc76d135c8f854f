"""What Interlock watches by itself of a stack; implemented in bot/."""

from collections.abc import Sequence
from typing import Protocol

from playbooks.model.base import Model
from playbooks.model.stack import Stack


class OwnCondition(Model):
    """One of the stack's thresholds, or a pattern that is looked for in its logs. `how` says what
    it is measured by, `values` what was measured last; `firing` and `waiting` are the subjects with
    which something is wrong, the latter not for long enough yet. `problem` says why it cannot be
    measured now, and is empty where it can."""

    name: str
    shown: str
    severity: str
    how: str = ""
    firing: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    problem: str = ""


class Conditions(Protocol):
    """How the thresholds of stacks stand."""

    def of(self, stack: Stack) -> Sequence[OwnCondition]:
        """In the order of the stack file."""
        ...


class NoConditions:
    """Where nothing is watched."""

    def of(self, stack: Stack) -> Sequence[OwnCondition]:
        return ()
