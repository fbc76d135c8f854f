"""What goes on in a Neo4j server: contents, room on the disk, memory, running queries."""

import re
from collections.abc import Iterator
from datetime import timedelta

from playbooks.hosts.containers.tool import output_in
from playbooks.hosts.neo4j.insight.session import Graph, Row
from playbooks.model.insight import Insight, Table
from playbooks.model.plan import Line
from playbooks.sizes import counted, in_bytes
from playbooks.spans import brief, span

_MOST = 100
_MOST_TEXT = 160
_KIB = 1024
_NEARLY_FULL = 0.9
_LONG = 60.0
_COMPONENTS = "CALL dbms.components() YIELD name, versions, edition RETURN name, versions, edition"
_NODES = "MATCH (n) RETURN count(n) AS number"
_LINKS = "MATCH ()-[r]->() RETURN count(r) AS number"
_LABELS = "CALL db.labels() YIELD label AS name RETURN name ORDER BY name"
_TYPES = "CALL db.relationshipTypes() YIELD relationshipType AS name RETURN name ORDER BY name"
_QUERIES = (
    "SHOW TRANSACTIONS YIELD transactionId, username, database, currentQuery, status, elapsedTime "
    "RETURN *"
)
_JMX = "CALL dbms.queryJmx('{}') YIELD name, attributes RETURN name, attributes"
_MEMORY = "java.lang:type=Memory"
_RUNTIME = "java.lang:type=Runtime"
_COLLECTORS = "java.lang:type=GarbageCollector,name=*"
_CACHE = (
    "SHOW SETTINGS YIELD name, value WHERE name IN ['server.memory.pagecache.size', "
    "'dbms.memory.pagecache.size', 'server.memory.heap.max_size', 'dbms.memory.heap.max_size'] "
    "RETURN name, value ORDER BY name"
)
# Strings of Cypher in either kind of quote, up to the end where one is cut off, and numbers.
_VALUE = re.compile(
    r"""'(?:[^'\\]|\\.)*(?:'|\Z)|"(?:[^"\\]|\\.)*(?:"|\Z)|/\*.*?(?:\*/|\Z)|//[^\n]*|"""
    r"""(?P<name>`(?:[^`]|``)*(?:`|\Z))|(?<![\w$])\d[\w.]*""",
    re.DOTALL,
)


def overview(graph: Graph) -> Insight:
    """Whether it can be connected to, its version, what is in it, its heap, what runs."""
    [kernel] = graph.rows(_COMPONENTS)[:1]
    heap, queries = _heap(graph), _running(graph)
    worries = (*_heap_worries(heap), *_query_worries(queries))
    said = counted(len(worries), "worry", "worries") if worries else "nothing to worry about"
    return Insight(
        headline=f"Neo4j {kernel['versions'][0]} {kernel['edition']} answers over Bolt, {said}",
        worries=worries,
        lines=(
            Line(label="Up", value=_up(graph)),
            Line(label="Nodes", value=f"{_number(graph, _NODES):,}"),
            Line(label="Relationships", value=f"{_number(graph, _LINKS):,}"),
            Line(label="Heap", value=_of(heap)),
            Line(label="Running", value=counted(len(queries), "query", "queries")),
        ),
    )


def counts(graph: Graph) -> Insight:
    """Nodes by label and relationships by type; each number is one that the server keeps."""
    nodes, links = _number(graph, _NODES), _number(graph, _LINKS)
    labels = [str(row["name"]) for row in graph.rows(_LABELS)]
    types = [str(row["name"]) for row in graph.rows(_TYPES)]
    left_out = max(len(labels) - _MOST, 0) + max(len(types) - _MOST, 0)
    return Insight(
        headline=f"{counted(nodes, 'node')}, {counted(links, 'relationship')}",
        tables=(
            _numbers("Label", ("MATCH (n:{}) RETURN count(n) AS number", labels), graph),
            _numbers(
                "Relationship", ("MATCH ()-[r:{}]->() RETURN count(r) AS number", types), graph
            ),
        ),
        notes=(f"{left_out} more names are not counted.",) if left_out else (),
    )


def size(graph: Graph) -> Insight:
    """What its folders take on the disk."""
    folder, of = graph.store.folder, [graph.store.database, "system"]
    places = [f"{folder}/{kind}/{name}" for name in of for kind in ("databases", "transactions")]
    found = _folders(graph, places)
    return Insight(
        headline=f"{in_bytes(sum(found.values()))} on the disk",
        tables=(
            Table(
                columns=("Folder", "Size"),
                rows=tuple((place, in_bytes(found[place])) for place in places if place in found),
                right=(1,),
            ),
        ),
        notes=("`databases` holds the store, `transactions` its log.",),
    )


def queries(graph: Graph) -> Insight:
    """What runs now, the longest first; values in the texts are masked."""
    found = _running(graph)
    return Insight(
        headline=f"{counted(len(found), 'query', 'queries')} running",
        worries=tuple(_query_worries(found)),
        tables=(
            Table(
                columns=("Transaction", "User", "State", "For", "Query"),
                rows=tuple(
                    (
                        str(row["transactionId"]),
                        str(row["username"]),
                        str(row["status"]).split(" with")[0],
                        brief(_elapsed(row)),
                        shown_cypher(str(row["currentQuery"] or "")),
                    )
                    for row in found[:_MOST]
                ),
                right=(3,),
                none="Nothing runs.",
            ),
        ),
    )


def memory(graph: Graph) -> Insight:
    """The heap, what garbage collection took since the start, and the page cache's setting."""
    heap = _heap(graph)
    return Insight(
        headline=f"Heap: {_of(heap)}",
        worries=tuple(_heap_worries(heap)),
        lines=tuple(
            Line(label=str(row["name"]), value=str(row["value"])) for row in graph.rows(_CACHE)
        ),
        tables=(
            Table(
                columns=("Collector", "Runs", "Time in all"),
                rows=tuple(_collector(row) for row in _beans(graph, _COLLECTORS)),
                right=(1, 2),
            ),
        ),
        notes=("Garbage collection is the server's own work; it can only be watched.",),
    )


def shown_cypher(text: str) -> str:
    """One line without values and comments."""
    masked = _VALUE.sub(lambda found: found["name"] or "?", text)
    line = " ".join(masked.split()) or "none"
    return line if len(line) <= _MOST_TEXT else f"{line[: _MOST_TEXT - 1]}…"


def _numbers(what: str, asked: tuple[str, list[str]], graph: Graph) -> Table:
    query, names = asked
    found = [(name, _number(graph, query.format(_quoted(name)))) for name in names[:_MOST]]
    return Table(
        title=f"{what}s",
        columns=(what, "Count"),
        rows=tuple(
            (name, f"{number:,}") for name, number in sorted(found, key=lambda each: -each[1])
        ),
        right=(1,),
        none="There are none.",
    )


def _number(graph: Graph, query: str) -> int:
    return int(graph.rows(query)[0]["number"])


def _running(graph: Graph) -> list[Row]:
    """Without the question itself."""
    found = [row for row in graph.rows(_QUERIES) if row["currentQuery"] != _QUERIES]
    return sorted(found, key=lambda row: -_elapsed(row))


def _elapsed(row: Row) -> float:
    """Of a duration of Neo4j, which counts months, days and seconds apart."""
    time = row["elapsedTime"]
    return float(time.days * 86_400 + time.seconds + time.nanoseconds / 1e9)


def _query_worries(found: list[Row]) -> Iterator[str]:
    for row in found:
        if _elapsed(row) > _LONG:
            yield f"{row['transactionId']} of {row['username']} runs for {brief(_elapsed(row))}."


def _heap(graph: Graph) -> tuple[int, int]:
    """Used, and the most there may be."""
    [bean] = _beans(graph, _MEMORY)
    properties = bean["attributes"]["HeapMemoryUsage"]["value"]["properties"]
    return int(properties["used"]), int(properties["max"])


def _heap_worries(heap: tuple[int, int]) -> Iterator[str]:
    used, most = heap
    if most > 0 and used > most * _NEARLY_FULL:
        yield f"{used / most:.0%} of the heap are used: garbage collection will take over."


def _of(heap: tuple[int, int]) -> str:
    used, most = heap
    return f"{in_bytes(used)} of {in_bytes(most)}" if most > 0 else in_bytes(used)


def _up(graph: Graph) -> str:
    [bean] = _beans(graph, _RUNTIME)
    return span(timedelta(milliseconds=int(bean["attributes"]["Uptime"]["value"])))


def _collector(bean: Row) -> tuple[str, str, str]:
    attributes = bean["attributes"]
    runs, time = attributes["CollectionCount"]["value"], attributes["CollectionTime"]["value"]
    return str(attributes["Name"]["value"]), f"{runs:,}", brief(time / 1000)


def _beans(graph: Graph, name: str) -> list[Row]:
    return graph.rows(_JMX.format(name))


def _folders(graph: Graph, places: list[str]) -> dict[str, int]:
    """Bytes by folder; those that are not there are left out."""
    look = 'for place in "$@"; do [ ! -d "$place" ] || du -sk "$place"; done'
    said = output_in(graph.container.id, ("sh", "-c", look, "sh", *places), {}).decode()
    lines = (line.split(maxsplit=1) for line in said.splitlines())
    return {place: int(kilobytes) * _KIB for kilobytes, place in lines}


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
