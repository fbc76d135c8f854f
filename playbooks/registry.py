"""How actions and fact readers are declared, found by name and called."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
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
N = TypeVar("N")


def registry(*groups: Iterable[E]) -> Mapping[str, E]:
    """All entries by name, read-only. Two entries of one name are a programming error."""
    entries: dict[str, E] = {}
    for entry in (entry for group in groups for entry in group):
        if entry.name in entries:
            raise ValueError(f"{entry.name} is registered twice")
        entries[entry.name] = entry
    return MappingProxyType(entries)


class Shelves(Mapping[str, E]):
    """Entries by name, read-only. What a name says before its dot is its shelf, whose modules are
    loaded when one of its names is first asked for: the tools of a kind of datastore that no stack
    has need neither time nor memory.

    `shelves` names for each the places to look at, as `module:ATTRIBUTE`, a tuple of entries.
    """

    def __init__(self, shelves: Mapping[str, Sequence[str]]) -> None:
        self.shelves = shelves
        self._loaded: dict[str, Mapping[str, E]] = {}

    def __getitem__(self, name: str) -> E:
        return self._shelf(shelf_of(name))[name]

    def __iter__(self) -> Iterator[str]:
        return (name for shelf in self.shelves for name in self._shelf(shelf))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _shelf(self, shelf: str) -> Mapping[str, E]:
        if shelf not in self._loaded:
            # Two threads may both load it; what they find is the same.
            self._loaded[shelf] = registry(
                *(
                    [entry for entry in standing_at(place) if shelf_of(entry.name) == shelf]
                    for place in self.shelves[shelf]
                )
            )
        return self._loaded[shelf]


class Named(Mapping[str, N]):
    """Entries by name, read-only and in their order; each is loaded when it is first asked for.

    `places` names for each where it stands, as `module:ATTRIBUTE`.
    """

    def __init__(self, places: Mapping[str, str]) -> None:
        self.places = places

    def __getitem__(self, name: str) -> N:
        entry: N = standing_at(self.places[name])
        return entry

    def __contains__(self, name: object) -> bool:
        return name in self.places

    def __iter__(self) -> Iterator[str]:
        return iter(self.places)

    def __len__(self) -> int:
        return len(self.places)


def standing_at(place: str) -> Any:
    """What stands at `module:ATTRIBUTE`: an entry, or a tuple of them."""
    module, _, attribute = place.partition(":")
    return getattr(import_module(module), attribute)


def shelf_of(name: str) -> str:
    """`postgres` of `postgres.dump`."""
    return name.partition(".")[0]


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
