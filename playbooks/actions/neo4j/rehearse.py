"""Rehearsing the restore of a Neo4j server: loaded, checked, started and counted in a throwaway
container of the same image, without a network."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from playbooks.actions.neo4j.loading import INTO, archive, dumps_of
from playbooks.actions.rehearsing import Findings, rehearsal, rehearsing
from playbooks.datastores.neo4j_model import DumpFacts, neo4j_store
from playbooks.errors import DatastoreError, HostError
from playbooks.hosts.containers.sandbox import Recipe, Sandbox, sandbox
from playbooks.hosts.neo4j.tools import (
    check_argv,
    load_argv,
    one_after_the_other,
    throwaway_settings,
)
from playbooks.model.base import JsonObject, Model
from playbooks.model.neo4j import Neo4jStore
from playbooks.ports import Work
from playbooks.registry import Action

_LOADED = "/tmp/interlock-loaded"
_CHECKED = "/tmp/interlock-checked"
_STARTED = "Started."
_START_SECONDS = 300.0
_LONG_SECONDS = 24 * 3600.0
_COUNTS = (
    ("nodes", "MATCH (n) RETURN count(n) AS found"),
    ("relationships", "MATCH ()-[r]->() RETURN count(r) AS found"),
    ("constraints", "SHOW CONSTRAINTS YIELD name RETURN count(name) AS found"),
    ("indexes", "SHOW INDEXES YIELD name RETURN count(name) AS found"),
)


class RehearseArgs(Model):
    """A datastore of kind neo4j and what was fetched of a backup; `image` is a digest, `wanted`
    what the manifest says of the datastore."""

    datastore: str
    backup: str
    files: dict[str, Path]
    image: str
    wanted: DumpFacts


def rehearse(work: Work, args: RehearseArgs) -> JsonObject:
    """Loads the dumps, has them checked, starts a server on them and counts. A `Rehearsal`.

    Raises HostError when the container cannot be made, StopRequested.
    """
    findings, store = Findings(), neo4j_store(work.stack, args.datastore)
    with rehearsing(findings):
        dumps = dumps_of(store, args.datastore, args.files)
        with sandbox(work.run, args.datastore, _recipe(store, args)) as made:
            made.put_archive(archive(dumps, work), INTO)
            made.start()
            for name, mark in (("loads", _LOADED), ("is consistent", _CHECKED)):
                _wait(made, partial(_is_there, made, mark), _LONG_SECONDS, work)
                findings.passed(name)
            _wait(made, lambda: _STARTED in made.last_words(), _START_SECONDS, work)
            findings.passed("starts")
            _count(made, store, args.wanted, findings)
    return rehearsal(findings)


def _recipe(store: Neo4jStore, args: RehearseArgs) -> Recipe:
    """The image's own entrypoint makes the user and the settings what they are for the server."""
    version, databases = args.wanted.version, store.databases
    argv = one_after_the_other(
        [
            *(load_argv(version, each) for each in databases),
            ("touch", _LOADED),
            *(check_argv(version, each) for each in databases),
            ("touch", _CHECKED),
            ("exec", "neo4j", "console"),
        ]
    )
    return Recipe(image=args.image, argv=argv, environment=throwaway_settings(version))


def _wait(made: Sandbox, ready: Callable[[], bool], seconds: float, work: Work) -> None:
    """What ends of itself has found something wrong with what it was given."""
    try:
        made.wait_until(ready, seconds, work.check_stop)
    except HostError as error:
        if made.running:
            raise
        raise DatastoreError(error.message) from error


def _is_there(made: Sandbox, file: str) -> bool:
    try:
        made.output(["test", "-e", file])
    except HostError:
        return False
    return True


def _count(made: Sandbox, store: Neo4jStore, wanted: DumpFacts, findings: Findings) -> None:
    held = wanted.contents
    if held is None:
        return
    expected = {
        "nodes": held.nodes,
        "relationships": held.relationships,
        "constraints": len(held.constraints),
        "indexes": len(held.indexes),
    }
    for name, query in _COUNTS:
        found = _asked(made, store, query)
        same = found == expected[name]
        findings.look(
            name, [] if same else [f"{found:,} {name}, and the backup has {expected[name]:,}"]
        )


def _asked(made: Sandbox, store: Neo4jStore, query: str) -> int:
    """The number that a query gives. Nobody has to log in to a throwaway server."""
    argv = ("cypher-shell", "--format", "plain", "--database", store.database, query)
    said = made.output(argv).decode(errors="replace").split()
    if not said or not said[-1].isdecimal():
        raise DatastoreError(f"{query} was answered {' '.join(said)[:200]!r}.")
    return int(said[-1])


REHEARSE_ACTIONS = (Action("neo4j.rehearse", RehearseArgs, rehearse),)
