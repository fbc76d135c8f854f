"""The data folder of a server as a helper sees it: sizes, and what runs left in it."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, cast

from playbooks.datastores.neo4j_model import Kept
from playbooks.hosts.containers.helper import HelperOrder, output_of
from playbooks.hosts.neo4j import scripts
from playbooks.hosts.neo4j.server import Server

_KIB = 1024

Part = Literal["original", "restored"]
Reach = Literal["before", "halfway", "after", "unclear"]


@dataclass(frozen=True)
class Seen:
    """As the same fields of `Neo4jFact`."""

    there: bool
    used_bytes: int
    free_bytes: int
    kept: tuple[Kept, ...]


def look(server: Server, run: str) -> Seen:
    """Raises HostError."""
    words = (server.store.database,)
    return _seen(server.as_root(run, scripts.STATE, words, read_only=True))


def look_once(server: Server, run: str) -> Seen:
    """As `look`, for those who may look several times at once: each helper has its own name."""
    words, purpose = (server.store.database,), f"look-{uuid.uuid4().hex[:8]}"
    return _seen(server.as_root(run, scripts.STATE, words, purpose=purpose, read_only=True))


def _seen(order: HelperOrder) -> Seen:
    lines = [line.split() for line in output_of(order).decode(errors="replace").splitlines()]
    numbers = {line[0]: int(line[1]) for line in lines if line[0] in {"disk", "used"}}
    return Seen(
        there=["there"] in lines,
        used_bytes=numbers["used"] * _KIB,
        free_bytes=numbers["disk"] * _KIB,
        kept=tuple(_kept(line) for line in lines if line[0] == "kept"),
    )


def folders(server: Server) -> tuple[str, ...]:
    """What is exchanged: the databases' folders, in the data folder."""
    return tuple(
        f"{kind}/{database}"
        for database in server.store.databases
        for kind in ("databases", "transactions")
    )


def reach(server: Server, run: str, of: str, incoming: str, outgoing: str) -> Reach:
    """How far the exchange in the holder of the run `of` has come. Raises HostError."""
    wanted = folders(server)
    order = server.as_root(run, scripts.HELD, (of, *wanted), read_only=True)
    held = {tuple(line.split(" ", 1)) for line in output_of(order).decode().splitlines()}
    coming = sum((incoming, each) in held for each in wanted)
    gone = sum((outgoing, each) in held for each in wanted)
    if not coming and not gone:
        return "unclear"
    if not coming and gone == len(wanted):
        return "after"
    return "before" if not gone else "halfway"


def _kept(line: list[str]) -> Kept:
    _, run, part, role, since, size = line
    return Kept(
        run=run,
        part=cast(Part, part),
        role=cast(Literal["kept", "beside"], role),
        since=datetime.fromtimestamp(int(since), UTC),
        bytes=int(size) * _KIB,
    )
