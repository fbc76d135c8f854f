"""What is asked of a stack's services, so that each is watched at its interval."""

import time
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from importlib import import_module
from types import MappingProxyType

from bot.watching.heard import Endpoint, Heard
from bot.watching.probing import Asked, AskedAside, AskedByHttp, AskedByTcp
from playbooks.errors import InterlockError
from playbooks.model.compose import ContainerHealth
from playbooks.model.health import HttpHealth, TcpHealth
from playbooks.model.hosts import LocalHost
from playbooks.model.stack import Stack
from playbooks.ports import Secrets

_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


def asked_of(stack: Stack, secrets: Secrets) -> Iterator[Asked]:
    """One question each service, and one for all that are asked by their containers."""
    contained: dict[str, float] = {}
    for name, service in stack.services.items():
        health, endpoint = service.health, Endpoint(stack.name, name)
        if health is None:
            continue
        interval = health.interval.total_seconds()
        here = isinstance(stack.host_of(name), LocalHost)
        match health:
            case ContainerHealth():
                contained[name] = interval
            case HttpHealth() if here:
                yield AskedByHttp(endpoint, health, interval, _headers(health, secrets))
            case TcpHealth() if here:
                yield AskedByTcp(endpoint, health, interval)
            case _:
                yield AskedAside(interval, partial(_checked, stack, name, secrets))
    if contained:
        yield AskedAside(min(contained.values()), partial(_contained, stack, tuple(contained)))


def _headers(health: HttpHealth, secrets: Secrets) -> Callable[[], Mapping[str, str]]:
    """The secret is resolved for each question, as everywhere."""
    login = health.login
    if login is None:
        return lambda: _NO_HEADERS
    return lambda: _basic(login.user, secrets.resolve(login.password).reveal())


def _basic(user: str, password: str) -> Mapping[str, str]:
    return {"Authorization": f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"}


def _checked(stack: Stack, name: str, secrets: Secrets) -> Iterable[Heard]:
    endpoint = Endpoint(stack.name, name)
    try:
        # Its clients are large, and a stack without such checks does without.
        answer = import_module("playbooks.facts.service").check_of(stack, name, secrets)
    except InterlockError as error:
        return (Heard(endpoint, str(error), 0.0),)
    if answer["healthy"] is None:
        return ()
    wrong = "" if answer["healthy"] else str(answer["detail"])
    return (Heard(endpoint, wrong, float(answer["ms"] or 0)),)


def _contained(stack: Stack, names: tuple[str, ...]) -> Iterable[Heard]:
    """The engine is asked once for all of them."""
    began = time.monotonic()
    # The engine's client is large, and a stack without containers does without.
    project = import_module("playbooks.hosts.project")
    try:
        wrong: Mapping[str, str] = project.healths_of(stack.compose)
    except InterlockError as error:
        wrong = dict.fromkeys((stack.container_of(name) or name for name in names), str(error))
    ms = (time.monotonic() - began) * 1000
    return [
        Heard(Endpoint(stack.name, name), wrong.get(container, "it has no container"), ms)
        for name in names
        if (container := stack.container_of(name)) is not None
    ]
