"""How actions and fact readers are declared, found by name and called."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Generic, Literal, TypeVar

from pydantic import ValidationError

from playbooks.byhand.known import Describe
from playbooks.errors import BadArgument, UnknownName
from playbooks.model.base import JsonObject, Model
from playbooks.ports import Reading, Work

A = TypeVar("A", bound=Model)


@dataclass(frozen=True)
class Action(Generic[A]):
    """A registered effect. `perform` returns the step's output, JSON. Its `warnings`, sentences for
    people, are said at the end of a run that succeeds.

    It raises ActionFailed when it knows that it failed, OutcomeUnknown when it cannot know, and
    StopRequested when it stopped because the run was cancelled. It calls `work.check_stop`
    between chunks of long work.

    `describe` is pure: the lines of shell and SQL that a person would type to do the same, for a
    runbook on paper. Without it people are told the action's name and arguments.
    """

    name: str
    args: type[A]
    perform: Callable[[Work, A], JsonObject]
    describe: Describe | None = None

    def call(self, work: Work, args: JsonObject) -> JsonObject:
        return self.perform(work, _validated(self.name, self.args, args))


@dataclass(frozen=True)
class Reader(Generic[A]):
    """A registered fact reader. It changes nothing. Raises FactUnavailable with the reason."""

    name: str
    args: type[A]
    read: Callable[[Reading, A], JsonObject]

    def call(self, reading: Reading, args: JsonObject) -> JsonObject:
        return self.read(reading, _validated(self.name, self.args, args))


class Probe(Model):
    """What a probe answers about the step (or the precondition) it looks at.

    "done" carries the output that the step would have given. "not_done" means that repeating the
    step is safe. "unclear" means that a person must look; `why` says what was seen.
    """

    state: Literal["done", "not_done", "unclear"]
    output: JsonObject = {}
    why: str = ""


class NoArgs(Model):
    """For actions and readers that need none."""


E = TypeVar("E", Action[Any], Reader[Any])


def registry(*groups: Iterable[E]) -> Mapping[str, E]:
    """All entries by name, read-only. Two entries of one name are a programming error."""
    entries: dict[str, E] = {}
    for entry in (entry for group in groups for entry in group):
        if entry.name in entries:
            raise ValueError(f"{entry.name} is registered twice")
        entries[entry.name] = entry
    return MappingProxyType(entries)


def found(entries: Mapping[str, E], name: str) -> E:
    """The entry called `name`. Raises UnknownName."""
    if name not in entries:
        raise UnknownName(
            f"Nothing is registered as {name!r}.",
            "The plan was made by another version; ask for it again.",
        )
    return entries[name]


def _validated(name: str, model: type[A], args: JsonObject) -> A:
    try:
        return model.model_validate(args)
    except ValidationError as error:
        raise BadArgument(f"{name} cannot use its arguments: {error}") from error
