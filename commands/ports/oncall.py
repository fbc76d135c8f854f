"""Who is on call, and paging people by hand; implemented in bot/."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from playbooks.errors import InputError
from playbooks.model.base import Model
from playbooks.model.people import Actor
from playbooks.model.stack import Stack
from playbooks.respond.rota import Layer, Override, Rota, Shift


class RotaNow(Model):
    """A rota as of now: the shifts of its layers over the next two weeks, in order of time.
    `problem` says what is wrong with its calendar; `stacks` are those that it is for."""

    name: str
    rota: Rota
    stacks: tuple[str, ...]
    now: datetime
    until: datetime
    layers: Mapping[Layer, tuple[Shift, ...]]
    problem: str = ""


class HandPage(Model):
    """What somebody pages people with. `whom` are names of people; `channel` is where it was asked
    for, `once` Slack's own id of that."""

    actor: Actor
    whom: tuple[str, ...]
    stack: str
    text: str
    critical: bool
    channel: str
    once: str


class Oncall(Protocol):
    """Rotas. Whether somebody may change them is asked of `Access` before; every change is audited
    and said, and told to whom it concerns."""

    def rotas(self) -> Mapping[str, Rota]: ...

    def now(self, name: str) -> RotaNow: ...

    def of_stack(self, stack: Stack) -> RotaNow | None:
        """The stack's rota, where one fits."""
        ...

    def zone_of(self, person: str) -> str | None:
        """The time zone that the person has in `people`."""
        ...

    def people(self) -> Mapping[str, str]:
        """The Slack ids of `people`, by name."""
        ...

    def take(self, name: str, layer: Layer, actor: Actor, until: datetime | None) -> Override:
        """Raises Refused when it is theirs already."""
        ...

    def swap(
        self, name: str, actor: Actor, other: str, between: tuple[datetime, datetime] | None
    ) -> Sequence[Override]:
        """Raises Refused when there is nothing to swap."""
        ...

    def drop(self, name: str, actor: Actor) -> Sequence[Override]:
        """What the person took or swapped no longer counts. Empty when there was nothing."""
        ...

    def page(self, page: HandPage) -> tuple[str, ...]:
        """How they are reached: `ben`, `ben by email`. Audited, said with what becomes of it."""
        ...


class NoOncall:
    """Where there are no rotas."""

    def rotas(self) -> Mapping[str, Rota]:
        return {}

    def now(self, name: str) -> RotaNow:
        raise InputError(f"There is no rota {name!r} here.")

    def of_stack(self, stack: Stack) -> RotaNow | None:
        return None

    def zone_of(self, person: str) -> str | None:
        return None

    def people(self) -> Mapping[str, str]:
        return {}

    def take(
        self,
        name: str,
        layer: Layer,
        actor: Actor,
        until: datetime | None,
    ) -> Override:
        raise InputError(f"There is no rota {name!r} here.")

    def swap(
        self,
        name: str,
        actor: Actor,
        other: str,
        between: tuple[datetime, datetime] | None,
    ) -> Sequence[Override]:
        raise InputError(f"There is no rota {name!r} here.")

    def drop(self, name: str, actor: Actor) -> Sequence[Override]:
        raise InputError(f"There is no rota {name!r} here.")

    def page(self, page: HandPage) -> tuple[str, ...]:
        raise InputError(f"{', '.join(page.whom)} cannot be paged from here.", "Ask in Slack.")
