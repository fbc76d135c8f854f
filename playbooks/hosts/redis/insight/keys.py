"""The largest keys of a Redis server: a part of it is looked at, never all at once."""

import heapq
import time
from collections.abc import Iterator
from dataclasses import dataclass

from playbooks.hosts.redis.insight.session import Server
from playbooks.hosts.redis.insight.text import shown_key
from playbooks.model.insight import Insight, Table
from playbooks.sizes import counted, in_bytes

MOST_KEYS = 20_000
_SECONDS = 4.0
_BATCH = 500
_SAMPLES = 5
_SHOWN = 20


@dataclass(frozen=True, order=True)
class _Sized:
    size: int
    name: str
    kind: str
    seconds: int


def bigkeys(server: Server, database: int) -> Insight:
    """By SCAN in batches with MEMORY USAGE of each key, for a few seconds at most; a random part
    of the keys where there are more. KEYS, which stops the server, is never used."""
    total, seen = int(server.dbsize()), 0
    largest: list[_Sized] = []
    for batch in _batches(server):
        seen += len(batch)
        largest = heapq.nlargest(_SHOWN, [*largest, *_sized(server, batch)])
    whole = seen >= total
    return Insight(
        headline=f"The largest of {counted(seen, 'key')} in db{database}"
        if whole
        else f"The largest of {seen:,} keys that were looked at, of {total:,} in db{database}",
        tables=(
            Table(
                columns=("Key", "Kind", "Memory", "Expires"),
                rows=tuple(
                    (shown_key(each.name), each.kind, in_bytes(each.size), _ends(each.seconds))
                    for each in largest
                ),
                right=(2,),
                none="There are no keys.",
            ),
        ),
        notes=(
            "Sizes of large collections are estimated from samples. Parts of keys that look like "
            "tokens are masked.",
        ),
    )


def _batches(server: Server) -> Iterator[list[str]]:
    """At most so many keys, for so many seconds."""
    deadline, seen, cursor = time.monotonic() + _SECONDS, 0, 0
    while True:
        cursor, found = server.scan(cursor=cursor, count=_BATCH)
        seen += len(found)
        yield found
        if not int(cursor) or seen >= MOST_KEYS or time.monotonic() > deadline:
            return


def _sized(server: Server, names: list[str]) -> Iterator[_Sized]:
    """Keys that ended meanwhile are left out."""
    asking = server.pipeline(transaction=False)
    for name in names:
        asking.memory_usage(name, samples=_SAMPLES)
        asking.type(name)
        asking.ttl(name)
    said = asking.execute(raise_on_error=False)
    for position, name in enumerate(names):
        size, kind, seconds = said[3 * position : 3 * position + 3]
        if isinstance(size, int):
            yield _Sized(size, name, str(kind), int(seconds))


def _ends(seconds: int) -> str:
    return f"in {seconds:,} s" if seconds >= 0 else "never"
