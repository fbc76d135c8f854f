"""A real Neo4j server of a test stack: asked over HTTP, and told apart by all that is in it."""

import hashlib
import json
from typing import Any

import httpx

from playbooks.hosts.docker import engine
from tests.support.bot import wait_until
from tests.support.docker import NEO4J_PASSWORD, Project

FILL = (
    "CREATE CONSTRAINT paper_id FOR (p:Paper) REQUIRE p.id IS UNIQUE",
    "CREATE INDEX `Straße «ß»` FOR (p:`Läufer «ß»`) ON (p.`straße`)",
    "CREATE FULLTEXT INDEX titles FOR (p:Paper) ON EACH [p.title]",
    "UNWIND range(1, 600) AS i CREATE (:Paper {id: i, title: 'paper ' + i + ' «ß» 日本'})",
    "UNWIND range(1, 50) AS i CREATE (:`Läufer «ß»` {`straße`: 'Weg ' + i, at: date()})",
    "MATCH (p:Paper), (q:Paper) WHERE q.id = p.id + 1 CREATE (p)-[:CITES {w: p.id / 7.0}]->(q)",
    "MATCH (p:Paper), (l:`Läufer «ß»`) WHERE p.id = 7 CREATE (l)-[:`liest «gern»`]->(p)",
)
_NODES = "MATCH (n) RETURN labels(n), properties(n)"
_LINKS = (
    "MATCH (a)-[r]->(b) "
    "RETURN type(r), properties(r), labels(a), properties(a), labels(b), properties(b)"
)
_CONSTRAINTS = "SHOW CONSTRAINTS YIELD name, type, labelsOrTypes, properties"
_INDEXES = "SHOW INDEXES YIELD name, type, state, labelsOrTypes, properties"


def cypher(
    project: Project, *statements: str, service: str = "neo4j", password: str = NEO4J_PASSWORD
) -> list[list[list[Any]]]:
    """The rows of each statement; all of them have to succeed. Each is a transaction of its own."""
    host, port = project.address(service, 7474)
    found = []
    with httpx.Client(trust_env=False, timeout=60, auth=("neo4j", password)) as client:
        for statement in statements:
            answer = client.post(
                f"http://{host}:{port}/db/neo4j/tx/commit",
                json={"statements": [{"statement": statement}]},
            ).json()
            assert not answer["errors"], answer["errors"]
            found.append([each["row"] for each in answer["results"][0]["data"]])
    return found


def fingerprint(project: Project) -> str:
    """A hash over every node, relationship, constraint and index with their properties."""

    def settled() -> list[list[list[Any]]] | None:
        found = cypher(project, _NODES, _LINKS, _CONSTRAINTS, _INDEXES)
        return found if all(row[2] == "ONLINE" for row in found[3]) else None

    found = wait_until(settled, "all indexes to be online")
    ordered = [sorted(json.dumps(row, sort_keys=True) for row in rows) for rows in found]
    return hashlib.sha256(json.dumps(ordered).encode()).hexdigest()


def mounting(project: Project, volume: str) -> list[str]:
    """Names of all containers that have the project's volume, helpers too."""
    with engine() as client:
        found = client.api.containers(all=True, filters={"volume": f"{project.name}_{volume}"})
    return sorted(each["Names"][0].lstrip("/") for each in found)
