"""What a playbook is: facts in, plan out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from playbooks.model.base import Model
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import Plan
from playbooks.model.stack import Stack

P = TypeVar("P", bound=Model)


@dataclass(frozen=True)
class Playbook(Generic[P]):
    """An operation. `needs` names the facts, `plan` is a pure function of them.

    `params` are what was resolved when it was asked for ("latest" is an id by then), so that the
    same plan can be made again later.
    """

    operation: str
    params: type[P]
    needs: Callable[[Stack, P], Sequence[FactQuery]]
    plan: Callable[[Stack, P, Facts], Plan]
