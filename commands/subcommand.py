"""What a subcommand is."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from commands.asking import Operation
from commands.grammar import usage
from commands.naming import Naming
from commands.ports import Call, Context, Reply
from playbooks.model.base import Model
from playbooks.model.people import Permission

P = TypeVar("P", bound=Model)


class Room(StrEnum):
    """The part of the help page a subcommand stands in."""

    SEE = "See"
    DO = "Do"
    PROTECT = "Protect"
    RESPOND = "Respond"
    GOVERN = "Govern"


@dataclass(frozen=True)
class Subcommand(Generic[P]):
    """One subcommand of `/ops`.

    `examples` are whole lines without the slash command. `permission` is what `handle` requires of
    the person, and is shown in the help. Subcommands with an `operation` can be planned, too;
    those without only read, or act on requests. `naming` asks for a name that was left out, and
    `handle` is not called before it is there.
    """

    name: str
    room: Room
    summary: str
    examples: tuple[str, ...]
    permission: Permission | None
    params: type[P]
    handle: Callable[[Context, Call, P], Reply]
    operation: Operation[P] | None = None
    notes: tuple[str, ...] = ()
    naming: Naming[P] | None = None

    @property
    def usage(self) -> str:
        return usage(self.name, self.params)


def doing(
    name: str,
    summary: str,
    params: type[P],
    operation: Operation[P],
    examples: tuple[str, ...],
    *notes: str,
    naming: Naming[P] | None = None,
) -> Subcommand[P]:
    """One of the room Do that asks for its operation, and nothing else."""
    return Subcommand(
        name=name,
        room=Room.DO,
        summary=summary,
        examples=examples,
        permission="ask",
        params=params,
        handle=operation.ask,
        operation=operation,
        notes=notes,
        naming=naming,
    )
