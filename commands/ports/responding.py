"""Alerts, and what people make of them; implemented in bot/."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from playbooks.model.base import Model
from playbooks.model.people import Actor
from playbooks.model.stack import Stack
from playbooks.respond.alert import Group
from playbooks.respond.silence import Silence


class RefusedPayload(Model):
    """Something a source of alerts sent that could not be read; `field` says where."""

    source: str
    at: datetime
    field: str
    what: str


class Alerts(Protocol):
    """Groups of alerts. Whether somebody may change them is asked of `Access` before."""

    def groups(self, stack: str | None = None, *, firing: bool = True) -> Sequence[Group]:
        """Of a stack, or of all; the newest first."""
        ...

    def group(self, key: str) -> Group:
        """Raises UnknownName."""
        ...

    def acknowledge(self, key: str, actor: Actor) -> Group:
        """Audited; the card says who takes care of it. Raises UnknownName."""
        ...

    def silence(self, key: str, actor: Actor, until: datetime) -> Group:
        """Audited; nobody is told of it until then. Raises UnknownName."""
        ...

    def end_silence(self, key: str, actor: Actor) -> Group:
        """Audited. Raises UnknownName."""
        ...

    def mute(
        self, stack: Stack, rule: str, actor: Actor, until: datetime, labels: Mapping[str, str]
    ) -> None:
        """Silences the rule's alerts, also where none has come yet; `labels` are those of the rule.
        Audited. Raises Refused where nobody sends alerts that could be silenced."""
        ...

    def unmute(self, stack: Stack, rule: str, actor: Actor) -> None:
        """Audited. Raises Refused where the rule is not silent."""
        ...

    def silences(self) -> tuple[Sequence[Silence], Sequence[str]]:
        """Those that hold, ours and those that only Alertmanager has; and sentences about sources
        that could not be asked."""
        ...

    def end(self, handle: str, actor: Actor) -> None:
        """Ends a silence by its handle. Audited. Raises UnknownName, HostError."""
        ...

    def refused(self) -> Sequence[RefusedPayload]:
        """What could not be read in the last day, the newest first."""
        ...
