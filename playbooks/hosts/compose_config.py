"""What the files of a compose project come to, as the plugin reads them."""

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from playbooks.configuration.masking import masked
from playbooks.configuration.model import Described, Effective, PublishedPort, Weakness
from playbooks.configuration.passwords import is_secret, weakness
from playbooks.errors import HostError
from playbooks.hosts.compose import base_argv, run
from playbooks.model.compose import Compose
from playbooks.model.hosts import LOCAL

_SECONDS = 15.0
_ROTATING = frozenset({"journald", "syslog", "none", "local", "fluentd", "gelf", "loki", "awslogs"})
_LOCAL = frozenset({"json-file", ""})


def effective(compose: Compose) -> Effective:
    """Raises HostError where the plugin itself cannot be used. The host of the engine has no say in
    it, and is not asked."""
    compose = compose.model_copy(update={"host": LOCAL})
    variables = _variables(compose)
    names = {*variables, *compose.required}
    given = _given(compose, names)
    # A variable with a default of its own needs no value.
    wanted = {*compose.required, *(name for name, default in variables.items() if not default)}
    unset = tuple(sorted(name for name in wanted if not given.get(name)))
    try:
        described = json.loads(run((*base_argv(compose), "config", "--format", "json"), _SECONDS))
    except HostError as error:
        return Effective(unset=unset, refused=error.message)
    together, alone = _hashes(compose), _hashes_alone(compose, described)
    secrets = [value for name, value in given.items() if is_secret(name)]
    return Effective(
        services={
            name: _described(each, (together.get(name, ""), alone.get(name, "")))
            for name, each in (described.get("services") or {}).items()
        },
        text=yaml.safe_dump(masked(described, secrets), sort_keys=False, allow_unicode=True),
        unset=unset,
    )


def _variables(compose: Compose) -> dict[str, str]:
    """The variables that the files name, with their defaults; nothing where the plugin is older
    than that question."""
    try:
        table = run((*base_argv(compose), "config", "--variables"), _SECONDS)
    except HostError:
        return {}
    heads, *lines = table.splitlines() or [""]
    at, until = heads.find("DEFAULT"), heads.find("ALTERNATE")
    return {line.split()[0]: line[at:until].strip() for line in lines if at > 0 and line.strip()}


def _given(compose: Compose, names: Iterable[str]) -> Mapping[str, str]:
    """What variables come to, which the plugin alone knows how to read from env files."""
    asked = {name: f"${{{name}:-}}" for name in sorted(names)}
    if not asked:
        return {}
    project = {"services": {"asked": {"image": "asked", "environment": asked}}}
    with _only(project, compose) as (only, folder):
        argv = (*base_argv(only), *folder, "config", "--format", "json")
        answered = json.loads(run(argv, _SECONDS))
    found: dict[str, str] = answered["services"]["asked"]["environment"]
    return found


def _hashes(compose: Compose) -> Mapping[str, str]:
    lines = run((*base_argv(compose), "config", "--hash", "*"), _SECONDS).splitlines()
    return dict(words for line in lines if len(words := line.split()) == 2)


def _hashes_alone(compose: Compose, described: Mapping[str, Any]) -> Mapping[str, str]:
    """Of services that are made without those that they depend on, as Interlock makes them: the
    plugin counts the dependencies in, and leaves them out then."""
    services = {
        name: {key: value for key, value in each.items() if key != "depends_on"}
        for name, each in (described.get("services") or {}).items()
    }
    with _only({**described, "services": services}, compose) as (only, folder):
        lines = run((*base_argv(only), *folder, "config", "--hash", "*"), _SECONDS).splitlines()
    return dict(words for line in lines if len(words := line.split()) == 2)


@contextmanager
def _only(project: Mapping[str, Any], compose: Compose) -> Iterator[tuple[Compose, Sequence[str]]]:
    """The project as the only file, and the words that keep its relative paths where they were."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(project, file)
        file.flush()
        only = compose.model_copy(update={"files": (Path(file.name),), "profiles": ()})
        yield only, ("--project-directory", str(compose.files[0].parent))


def _described(service: Mapping[str, Any], hashes: tuple[str, ...]) -> Described:
    limits = ((service.get("deploy") or {}).get("resources") or {}).get("limits") or {}
    check = service.get("healthcheck") or {}
    logging = service.get("logging") or {}
    driver = str(logging.get("driver") or "")
    return Described(
        image=str(service.get("image") or ""),
        ports=tuple(_port(each) for each in service.get("ports") or ()),
        health=bool(check) and not check.get("disable") and check.get("test") != ["NONE"],
        restart=_restart(service),
        memory=bool(limits.get("memory") or service.get("mem_limit")),
        processors=bool(limits.get("cpus") or service.get("cpus")),
        log_driver=driver,
        log_rotates=rotates(driver, logging.get("options") or {}),
        weak=tuple(_weak(service)),
        hashes=hashes,
    )


def rotates(driver: str, options: Mapping[str, Any]) -> bool:
    """Whether the log of a container ends by itself somewhere."""
    return bool(options.get("max-size")) if driver in _LOCAL else driver in _ROTATING


def _restart(service: Mapping[str, Any]) -> str:
    policy = (service.get("deploy") or {}).get("restart_policy") or {}
    said = str(service.get("restart") or policy.get("condition") or "")
    return "" if said in {"no", "none"} else said


def _port(port: Mapping[str, Any]) -> PublishedPort:
    return PublishedPort(
        target=int(port["target"]),
        published=str(port.get("published") or ""),
        address=str(port.get("host_ip") or ""),
        protocol=str(port.get("protocol") or "tcp"),
    )


def _weak(service: Mapping[str, Any]) -> Iterable[Weakness]:
    for name, value in (service.get("environment") or {}).items():
        # Compose passes on what has no value here; there is nothing to judge.
        why = "" if value is None else weakness(name, str(value))
        if why:
            yield Weakness(setting=name, why=why)
    for part in ("command", "entrypoint"):
        words = service.get(part) or ()
        line = words if isinstance(words, str) else " ".join(map(str, words))
        if why := weakness(part, line):
            yield Weakness(setting=part, why=why)
