"""Routines and their rounds; implemented in bot/."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from playbooks.errors import Refused, UnknownName
from playbooks.model.base import Model
from playbooks.model.people import Actor
from playbooks.model.stack import Stack
from playbooks.respond.routine import Round, Week


class KeptRoutine(Model):
    """A routine of a stack and how it stands. `next_at` is None where it comes only when somebody
    asks; `last` is the round that was begun last."""

    name: str
    rhythm: str
    items: int
    next_at: datetime | None = None
    last: Round | None = None


class Routines(Protocol):
    """Whether somebody may do so is asked of `Access` before."""

    def of(self, stack: Stack) -> Sequence[KeptRoutine]: ...

    def begin(self, stack: Stack, name: str, actor: Actor, once: str | None = None) -> Round:
        """A round of now, looked at: takes over what the one before left. The same `once` begins
        none again. Raises UnknownName."""
        ...

    def round(self, id_: str) -> Round:
        """Raises UnknownName."""
        ...

    def tick(self, id_: str, number: int, actor: Actor) -> Round:
        """Audited; the card says who and when. Raises UnknownName, Refused when another round has
        begun since."""
        ...

    def untick(self, id_: str, number: int, actor: Actor) -> Round:
        """As `tick`, the other way."""
        ...

    def look_again(self, id_: str, actor: Actor) -> Round:
        """What can be looked at is looked at anew. Raises as `tick`."""
        ...

    def week(self, stack: Stack) -> Week:
        """The seven days that end with today."""
        ...


class NoRoutines:
    """Where none are kept."""

    def of(self, stack: Stack) -> Sequence[KeptRoutine]:
        return ()

    def begin(self, stack: Stack, name: str, actor: Actor, once: str | None = None) -> Round:
        raise Refused(f"Routines are not kept here: {stack.name} {name}.")

    def round(self, id_: str) -> Round:
        raise UnknownName(f"There is no round {id_!r}.")

    def tick(self, id_: str, number: int, actor: Actor) -> Round:
        return self.round(id_)

    def untick(self, id_: str, number: int, actor: Actor) -> Round:
        return self.round(id_)

    def look_again(self, id_: str, actor: Actor) -> Round:
        return self.round(id_)

    def week(self, stack: Stack) -> Week:
        return Week(stack=stack.name, days=())
