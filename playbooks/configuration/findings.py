"""What is worth changing in the configuration of a stack; pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from playbooks.configuration.model import Contained, Described, Effective, PublishedPort
from playbooks.model.base import Model
from playbooks.model.datastores import RedisStore
from playbooks.model.stack import Stack

Weight = Literal["danger", "trouble", "advice"]
WEIGHTS: tuple[Weight, ...] = ("danger", "trouble", "advice")


class Finding(Model):
    """One thing. `id` is its kind, `where` the services it is about, `act` what to do next."""

    id: str
    weight: Weight
    what: str
    where: tuple[str, ...] = ()
    act: str


def findings(
    stack: Stack, files: Effective, containers: Iterable[Contained] | None
) -> tuple[Finding, ...]:
    """The gravest first. `containers` is None where they are not known."""
    found = [*_unset(stack, files), *_refused(files)]
    known = list(containers or ())
    found += _without_password(stack)
    if not files.refused:
        found += _passwords(files)
        found += _exposed(stack, files)
        found += _missing(files, known)
        if containers is not None:
            found += _drift(files, known)
    return tuple(sorted(found, key=lambda each: WEIGHTS.index(each.weight)))


def _unset(stack: Stack, files: Effective) -> Iterator[Finding]:
    required = stack.compose.required if stack.compose else ()
    needed = [name for name in files.unset if name in required]
    blank = [name for name in files.unset if name not in required]
    if needed:
        yield Finding(
            id="variable.required",
            weight="danger",
            what=f"required variables without a value: {', '.join(needed)}",
            act=f"Set them in {_env_file(stack)}.",
        )
    if blank:
        yield Finding(
            id="variable.blank",
            weight="trouble",
            what=f"variables without a value, which become blank: {', '.join(blank)}",
            act=f"Set them in {_env_file(stack)}, or give them a default: ${{NAME:-value}}.",
        )


def _env_file(stack: Stack) -> str:
    files = stack.compose.env_files if stack.compose else ()
    return files[-1].name if files else ".env"


def _refused(files: Effective) -> Iterator[Finding]:
    if files.refused:
        yield Finding(
            id="files.refused",
            weight="danger",
            what=f"compose does not take the files: {files.refused}",
            act="Mend them; until then nothing of the stack can be started or made anew.",
        )


def _passwords(files: Effective) -> Iterator[Finding]:
    for name, service in files.services.items():
        for weak in service.weak:
            yield Finding(
                id="password.weak",
                weight="danger",
                what=f"{weak.setting} {weak.why}",
                where=(name,),
                act="Give it a value of its own, at least 20 random characters.",
            )


def _without_password(stack: Stack) -> Iterator[Finding]:
    for name, store in stack.datastores.items():
        if isinstance(store, RedisStore) and store.password is None:
            yield Finding(
                id="password.none",
                weight="trouble",
                what=f"{name} asks for no password, as the stack file has none",
                where=(store.service,),
                act="Set requirepass, or keep its port to the stack's own network.",
            )


def _exposed(stack: Stack, files: Effective) -> Iterator[Finding]:
    stores = {
        stack.container_of(store.service) for store in stack.datastores.values() if store.service
    }
    for name, service in files.services.items():
        for port in service.ports:
            if not port.to_the_world:
                continue
            is_store = name in stores
            yield Finding(
                id="port.world",
                weight="danger" if is_store else "advice",
                what=f"{port.shown} is open to the world"
                + (", and it is a datastore" if is_store else ""),
                where=(name,),
                act=f"Unless that is meant, write {_loopback(port)} in the compose file.",
            )


def _loopback(port: PublishedPort) -> str:
    return f'"127.0.0.1:{port.published}:{port.target}"'


def _missing(files: Effective, containers: list[Contained]) -> Iterator[Finding]:
    made = {each.service: each for each in containers}
    services = files.services
    yield from _lacking(
        "limit.memory",
        "no limit of memory: one service can take all of the host's",
        [name for name, each in services.items() if not each.memory],
        "Set deploy.resources.limits.memory.",
    )
    yield from _lacking(
        "health.none",
        "no health check of the container",
        [name for name, each in services.items() if not _checked(each, made.get(name))],
        "Give it a healthcheck in the compose file.",
    )
    yield from _lacking(
        "restart.none",
        "no restart policy: what ends, and what ran when the host went down, stays down",
        [name for name, each in services.items() if not each.restart],
        "Set restart: unless-stopped.",
    )
    yield from _lacking(
        "log.grows",
        "logs that are never rotated and fill the disk",
        [name for name, each in services.items() if not _rotates(each, made.get(name))],
        "Set logging.options max-size and max-file, or log-opts of the engine.",
    )


def _checked(service: Described, container: Contained | None) -> bool:
    """An image may bring a check of its own, which its container shows."""
    return service.health or (container is not None and container.health)


def _rotates(service: Described, container: Contained | None) -> bool:
    """Where the files say nothing, the engine's own settings decide, which containers show."""
    if service.log_driver or container is None:
        return service.log_rotates
    return container.log_rotates


def _lacking(id_: str, what: str, where: list[str], act: str) -> Iterator[Finding]:
    if where:
        yield Finding(id=id_, weight="advice", what=what, where=tuple(where), act=act)


def _drift(files: Effective, containers: list[Contained]) -> Iterator[Finding]:
    services: Mapping[str, Described] = files.services
    yield from _drifted(
        "drift.changed",
        "the files were changed since the container was made",
        [
            each.service
            for each in containers
            if each.service in services and each.hash not in services[each.service].hashes
        ],
        "Make it anew with the next deploy, or put the files back.",
    )
    yield from _drifted(
        "drift.image",
        "a newer image of that name is on the host and not used",
        [each.service for each in containers if each.behind and each.service in services],
        "Make the container anew with the next deploy.",
    )
    yield from _drifted(
        "drift.orphan",
        "containers of services that no file describes any more",
        [each.name for each in containers if each.service not in services],
        "Remove them, or put the service back into the files.",
    )
    made = {each.service for each in containers}
    yield from _drifted(
        "drift.absent",
        "described, and without a container",
        [name for name in services if name not in made],
        "Start it, or take it out of the files.",
    )


def _drifted(id_: str, what: str, where: Iterable[str], act: str) -> Iterator[Finding]:
    names = tuple(dict.fromkeys(where))
    if names:
        yield Finding(id=id_, weight="trouble", what=what, where=names, act=act)
