"""Stack files and other YAML files, read strictly into models.

Every problem of a file is one line, `FILE:LINE: what is wrong; what to write instead`, and all of
them are raised at once as a StackFileError.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from playbooks.errors import StackFileError
from playbooks.model.datastores import PostgresAccess
from playbooks.model.places import absolute, placed_reference, with_places
from playbooks.model.problems import instead, problems_of
from playbooks.model.repository import Place
from playbooks.model.service import Process
from playbooks.model.stack import Stack
from playbooks.model.yaml_text import Document, Location, Problem, parse

M = TypeVar("M", bound=BaseModel)
R = TypeVar("R", bound=Place)
Check = Callable[[Document], Iterable[Problem]]

_ANY = "*"
_SERVICES: Location = ("services",)
_DATASTORES: Location = ("datastores",)
_SETS: Location = ("backup", "sets")
_SCRIPTS: Location = ("scripts",)
_WAYS: Location = ("deploy", "ways", _ANY, _ANY)
_ROLLBACK: Location = ("deploy", "rollback", _ANY)
_RENEW: Location = ("tls", "renew", _ANY, _ANY)
_REFERENCES: tuple[tuple[Location, Location], ...] = (
    (("services", _ANY, "needs", _ANY), _SERVICES),
    (("datastores", _ANY, "service"), _SERVICES),
    (("backup", "sets", _ANY, _ANY), _DATASTORES),
    (("backup", "schedules", _ANY, "datastores", _ANY), _DATASTORES),
    (("thresholds", _ANY, "services", _ANY), _SERVICES),
    (("security", "services", _ANY), _SERVICES),
    (("scripts", _ANY, "service"), _SERVICES),
    (("maintenance", "switch", "service"), _SERVICES),
    (("deploy", "bluegreen", "services", _ANY), _SERVICES),
    *(
        ((*steps, *key), table)
        for steps in (_WAYS, _ROLLBACK, _RENEW)
        for key, table in (
            (("services", _ANY), _SERVICES),
            (("service",), _SERVICES),
            (("set",), _SETS),
            (("script",), _SCRIPTS),
            (("pending",), _SCRIPTS),
        )
    ),
)
_SECRET_NAME = re.compile(r"(PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|CREDENTIALS)$", re.IGNORECASE)
_REFERENCE = re.compile(r"^(env|file|docker-secret|env-file):\S")


def load_model(path: Path, model: type[M]) -> M:
    """The file as a `model`; relative paths in it are relative to the file.

    Raises StackFileError with all problems, one a line.
    """
    return _loaded(path, model, _nothing_more)


def load_stack(path: Path) -> Stack:
    """The stack that the file describes; paths, the folder of a socket, the repository and
    `file:` references are relative to the file.

    Raises StackFileError with all problems, one a line.
    """
    return _with_stack_places(_loaded(path, Stack, _stack_problems), path.resolve().parent)


def holds_secret(variable: str) -> bool:
    """Whether an environment variable of this name is taken for a secret: it then holds a
    reference, resolved when the service starts."""
    return bool(_SECRET_NAME.search(variable))


def _loaded(path: Path, model: type[M], check: Check) -> M:
    document = parse(path)
    _refuse(path, document.problems)
    own = tuple(check(document))
    try:
        loaded = model.model_validate(document.data)
    except ValidationError as error:
        # Checks of the whole model find one thing at a time, and ours said it already.
        repeated = own and all(not detail["loc"] for detail in error.errors())
        _refuse(path, own if repeated else (*own, *problems_of(error, document, model)))
        raise
    _refuse(path, own)
    return with_places(loaded, path.resolve().parent)


def _refuse(path: Path, problems: Iterable[Problem]) -> None:
    lines = [f"{path}:{problem.line}: {problem.text}" for problem in sorted(set(problems))]
    if lines:
        raise StackFileError("\n".join(lines))


def _nothing_more(_: Document) -> Iterable[Problem]:
    return ()


def _stack_problems(document: Document) -> Iterator[Problem]:
    for pattern, table in _REFERENCES:
        known = [str(key[-1]) for key, _ in _matches(document.data, (*table, _ANY))]
        for location, value in _matches(document.data, pattern):
            if isinstance(value, str) and value not in known:
                what = f"{_dotted(location)} names the unknown {str(table[-1])[:-1]} {value!r}"
                yield Problem(document.line(location), f"{what}; {instead(value, known)}")
    yield from _circle(document)
    yield from _plain_environment(document)


def _circle(document: Document) -> Iterator[Problem]:
    graph: dict[str, set[str]] = {}
    for location, need in _matches(document.data, ("services", _ANY, "needs", _ANY)):
        graph.setdefault(str(location[1]), set()).add(str(need))
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle = list(reversed(error.args[1]))
        yield Problem(
            document.line(("services", circle[0], "needs")),
            f"services need each other in a circle: {' needs '.join(circle)}; "
            "remove one of these needs",
        )


def _plain_environment(document: Document) -> Iterator[Problem]:
    pattern = ("services", _ANY, "process", "environment", _ANY)
    for location, value in _matches(document.data, pattern):
        if holds_secret(str(location[-1])) and not _REFERENCE.match(str(value)):
            yield Problem(
                document.line(location),
                f"{location[-1]} holds a secret in plain text; keep it elsewhere and write a "
                "reference: env:NAME, file:PATH, env-file:PATH#NAME or docker-secret:NAME",
            )


def _matches(data: object, pattern: Location) -> Iterator[tuple[Location, object]]:
    """Every place in `data` that `pattern` fits, with its value; `*` fits any key or item."""
    if not pattern:
        yield (), data
        return
    items: Iterable[tuple[str | int, object]] = ()
    if isinstance(data, dict):
        items = data.items()
    elif isinstance(data, list):
        items = enumerate(data)
    for key, value in items:
        if pattern[0] in {_ANY, key}:
            for location, found in _matches(value, pattern[1:]):
                yield (key, *location), found


def _dotted(location: Location) -> str:
    return ".".join(str(part) for part in location if not isinstance(part, int))


def _with_stack_places(stack: Stack, base: Path) -> Stack:
    services = {
        name: service.model_copy(update={"process": _placed_process(service.process, base)})
        for name, service in stack.services.items()
    }
    datastores = {
        name: store.model_copy(update={"host": str(absolute(Path(store.host), base))})
        if isinstance(store, PostgresAccess) and "/" in store.host
        else store
        for name, store in stack.datastores.items()
    }
    backup = stack.backup and _placed_repository(
        stack.backup.model_copy(
            update={"copies": tuple(_placed_repository(c, base) for c in stack.backup.copies)}
        ),
        base,
    )
    update = {"services": services, "datastores": datastores, "backup": backup}
    return stack.model_copy(update=update)


def _placed_process(process: Process | None, base: Path) -> Process | None:
    if process is None:
        return None
    environment = {
        name: placed_reference(value, base) if holds_secret(name) else value
        for name, value in process.environment.items()
    }
    return process.model_copy(update={"environment": environment})


def _placed_repository(place: R, base: Path) -> R:
    """A URL as it is; a path, relative to the file, as a `file://` URL."""
    if "://" in place.repository:
        return place
    path = absolute(Path(place.repository.removeprefix("file:")), base)
    return place.model_copy(update={"repository": path.as_uri()})
