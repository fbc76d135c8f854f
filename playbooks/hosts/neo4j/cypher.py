"""Asking a running server over HTTP, which versions 4 and 5 both answer."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any

import httpx

from playbooks.datastores.neo4j_model import Contents, Noted
from playbooks.errors import DatastoreError, HostError
from playbooks.hosts.containers.container import Container
from playbooks.hosts.containers.ports import authority_of
from playbooks.model.neo4j import Neo4jStore
from playbooks.ports import Secrets

# The first questions to a server that has just begun take it a while.
PATIENT_SECONDS = 60.0
_SECONDS = 5.0
_SUM = (
    "MATCH (n) RETURN count(n)",
    "MATCH ()-[r]->() RETURN count(r)",
    "CALL db.labels() YIELD label RETURN label ORDER BY label",
    "CALL db.relationshipTypes() YIELD relationshipType AS type RETURN type ORDER BY type",
)
_SCHEMA = (
    "SHOW CONSTRAINTS YIELD name, type, entityType, labelsOrTypes, properties",
    "SHOW INDEXES YIELD name, type, entityType, labelsOrTypes, properties",
)
# So many are counted one by one: each is a number that the server keeps.
_MOST_NAMES = 200
_OPAQUE = "FB:"
_BYTES, _EMPTY_LIST = 0xCC, 0x90

Row = list[Any]


def noted(
    store: Neo4jStore, container: Container, secrets: Secrets, seconds: float = _SECONDS
) -> Noted:
    """What is in the database now; `seconds` is the limit of each answer.

    Raises DatastoreError, SecretUnavailable.
    """
    with _client(store, container, secrets, seconds) as client:
        (nodes, links, labels, types), _ = _asked(client, store.database, _SUM)
        by_label = [f"MATCH (n:{_quoted(row[0])}) RETURN count(n)" for row in labels[:_MOST_NAMES]]
        by_type = [
            f"MATCH ()-[r:{_quoted(row[0])}]->() RETURN count(r)" for row in types[:_MOST_NAMES]
        ]
        (constraints, indexes), _ = _asked(client, store.database, _SCHEMA)
        counts, transaction = _asked(client, store.database, (*by_label, *by_type, *_SUM[:2]))
    if counts[-2:] != [nodes, links]:
        return Noted(why="it was written to while it was counted")
    values = [int(rows[0][0]) for rows in counts]
    contents = Contents(
        nodes=nodes[0][0],
        relationships=links[0][0],
        labels=dict(zip((row[0] for row in labels), values[: len(by_label)], strict=False)),
        types=dict(zip((row[0] for row in types), values[len(by_label) : -2], strict=False)),
        constraints=_lines(constraints),
        indexes=_lines(indexes),
    )
    return Noted(contents=contents, transaction=transaction)


def version_at(store: Neo4jStore, container: Container) -> str:
    """What a running server calls itself to anybody; empty where it does not say."""
    try:
        with _client(store, container, None, _SECONDS) as client:
            said = client.get("/", headers={"Accept": "application/json"}).json()
    except (DatastoreError, httpx.HTTPError, ValueError):
        return ""
    return str(said.get("neo4j_version", "")) if isinstance(said, dict) else ""


def transaction_of(bookmark: str) -> int | None:
    """The transaction that a bookmark stands for: bytes that name the database, a number, an empty
    list, packed as in the Bolt protocol. None for one that looks otherwise."""
    if not bookmark.startswith(_OPAQUE):
        return None
    text = bookmark.removeprefix(_OPAQUE)
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        return None
    start = packed.find(_BYTES)
    if start < 0 or len(packed) < start + 2 or packed[-1] != _EMPTY_LIST:
        return None
    return _number(packed[start + 2 + packed[start + 1] : -1])


def _number(packed: bytes) -> int | None:
    """A whole number as PackStream writes it: one byte if it is small, else a marker and 1, 2, 4
    or 8 bytes."""
    sizes = {0xC8: 1, 0xC9: 2, 0xCA: 4, 0xCB: 8}
    if len(packed) == 1:
        return int.from_bytes(packed, "big", signed=True)
    if packed and sizes.get(packed[0]) == len(packed) - 1:
        return int.from_bytes(packed[1:], "big", signed=True)
    return None


def _client(
    store: Neo4jStore, container: Container, secrets: Secrets | None, seconds: float
) -> httpx.Client:
    try:
        at = authority_of(container, store.port)
    except HostError as error:
        raise DatastoreError(error.message, error.hint) from error
    auth = None
    if secrets is not None and store.password is not None:
        auth = httpx.BasicAuth(store.user, secrets.resolve(store.password).reveal())
    return httpx.Client(base_url=f"http://{at}", auth=auth, timeout=seconds, trust_env=False)


def _asked(
    client: httpx.Client, database: str, statements: Sequence[str]
) -> tuple[list[list[Row]], int | None]:
    """The rows of each statement, in one transaction, and the last one before it."""
    body = {"statements": [{"statement": statement} for statement in statements]}
    try:
        answer = client.post(f"/db/{database}/tx/commit", json=body)
        said: dict[str, Any] = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise DatastoreError(f"Neo4j does not answer at {client.base_url}: {error}.") from error
    if said.get("errors"):
        first = said["errors"][0]
        raise DatastoreError(f"Neo4j refused: {first['message']} ({first['code']})")
    rows = [[each["row"] for each in result["data"]] for result in said["results"]]
    bookmarks = said.get("lastBookmarks") or [""]
    return rows, transaction_of(bookmarks[-1])


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _lines(rows: Sequence[Row]) -> tuple[str, ...]:
    return tuple(sorted(" ".join(_told(value) for value in row) for row in rows))


def _told(value: Any) -> str:
    return f"({', '.join(map(str, value))})" if isinstance(value, list) else str(value or "-")
