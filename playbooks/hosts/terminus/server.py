"""Asking a TerminusDB server in a container, over HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from playbooks.errors import BadArgument, DatastoreError, HostError
from playbooks.hosts.composed import ComposedService
from playbooks.hosts.containers.container import Container
from playbooks.hosts.containers.ports import authority_of
from playbooks.model.base import JsonObject
from playbooks.model.stack import Stack
from playbooks.model.volumes import TerminusStore
from playbooks.ports import Secrets

_SECONDS = 5.0
_ORGANIZATION = "admin"
_NOT_FOUND = 404


@dataclass(frozen=True)
class Terminus:
    """A server that was reached."""

    store: TerminusStore
    container: Container
    client: httpx.Client

    def ok(self) -> bool:
        """Whether it says that it is well; asked without a login."""
        return self._asked("GET", "/api/ok", auth=None).is_success

    def version(self) -> str:
        said = self._said("GET", "/api/info").get("api:info", {})
        return str(said.get("terminusdb", {}).get("version", "not known"))

    def databases(self) -> tuple[str, ...]:
        """The databases that its user sees, as `admin/NAME`, by name."""
        found = self._asked("GET", "/api/db").json()
        names = (each.get("path", each.get("name", "")) for each in found)
        return tuple(sorted(str(name) for name in names if name))

    def has(self, database: str) -> bool:
        return f"{_ORGANIZATION}/{database}" in self.databases()

    def create(self, database: str, comment: str) -> None:
        """An empty database. Raises DatastoreError, also when it is there."""
        body = {"label": database, "comment": comment, "public": False}
        self._said("POST", _place(database), json=body)

    def delete(self, database: str) -> None:
        """Raises DatastoreError unless it is gone afterwards; one that is not there is."""
        answer = self._asked("DELETE", _place(database), fail=False)
        if not answer.is_success and answer.status_code != _NOT_FOUND:
            raise DatastoreError(f"TerminusDB refused to delete {database}: {_reason(answer)}.")

    def _said(self, method: str, path: str, **more: Any) -> JsonObject:
        answer = self._asked(method, path, **more)
        try:
            said: JsonObject = answer.json()
        except ValueError as error:
            raise DatastoreError(f"TerminusDB answers no JSON at {path}.") from error
        return said

    def _asked(self, method: str, path: str, *, fail: bool = True, **more: Any) -> httpx.Response:
        try:
            answer = self.client.request(method, path, **more)
        except httpx.HTTPError as error:
            raise DatastoreError(
                f"TerminusDB does not answer at {self.client.base_url}: {error}.",
                "Look whether it runs.",
            ) from error
        if fail and not answer.is_success:
            raise DatastoreError(
                f"TerminusDB refused {method} {path}: {_reason(answer)}.",
                "Look at `user` and `password` of the datastore."
                if answer.status_code in {401, 403}
                else "",
            )
        return answer


@contextmanager
def connected(stack: Stack, name: str, secrets: Secrets) -> Iterator[Terminus]:
    """Raises UnknownName, BadArgument, HostError, SecretUnavailable."""
    store = terminus_store(stack, name)
    container = _container(stack, store)
    auth = None
    if store.password is not None:
        auth = httpx.BasicAuth(store.user, secrets.resolve(store.password).reveal())
    url = f"http://{authority_of(container, store.port)}"
    with httpx.Client(base_url=url, auth=auth, timeout=_SECONDS, trust_env=False) as client:
        yield Terminus(store, container, client)


def terminus_store(stack: Stack, name: str) -> TerminusStore:
    """Raises UnknownName, BadArgument."""
    store = stack.datastore(name)
    if not isinstance(store, TerminusStore):
        raise BadArgument(f"{stack.name}/{name} is {store.kind}, not terminusdb.")
    return store


def _container(stack: Stack, store: TerminusStore) -> Container:
    service = stack.container_of(store.service)
    if stack.compose is None or service is None:
        raise HostError(f"{store.service} of {stack.name} runs in no container.")
    found = ComposedService(stack.compose, service).containers()
    if not found:
        raise HostError(f"{store.service} of {stack.name} has no container.", "Start it once.")
    return found[0]


def _place(database: str) -> str:
    return f"/api/db/{_ORGANIZATION}/{quote(database, safe='')}"


def _reason(answer: httpx.Response) -> str:
    try:
        said = answer.json()
    except ValueError:
        said = None
    told = said.get("api:message") or said.get("api:status") if isinstance(said, dict) else None
    return f"{answer.status_code} {told or answer.reason_phrase}"
