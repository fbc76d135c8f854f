"""The steps of backing up and restoring a Neo4j server. Pure."""

from playbooks.datastores.neo4j_model import DumpFacts
from playbooks.datastores.protocol import Stages
from playbooks.model.base import JsonObject
from playbooks.model.plan import ActionCall, Step
from playbooks.model.stack import Stack

ORIGINAL = "original"
RESTORED = "restored"
_FETCHED = {"$from": "fetch.files"}


def note(stack: Stack, name: str) -> Step:
    return Step(
        key=f"note.{name}",
        name=f"Count what is in {stack.name}/{name} while it runs",
        action="neo4j.note",
        args={"datastore": name},
        idempotent=True,
    )


def dump(stack: Stack, name: str, version: str) -> Step:
    return Step(
        key=f"dump.{name}",
        name=f"Dump the databases of {stack.name}/{name}",
        action="neo4j.dump",
        args={
            "datastore": name,
            "backup": "{started}-{run}",
            "version": version,
            "noted": {"$from": f"note.{name}"},
        },
        undo=ActionCall(action="helper.clear"),
        idempotent=True,
    )


def prepare(stack: Stack, name: str, version: str, dump: DumpFacts, *, container: bool) -> Stages:
    make = Step(
        key="provide",
        name=f"Make the container of {stack.name}/{name}",
        action="neo4j.provide",
        args={"datastore": name},
        idempotent=True,
    )
    load = Step(
        key="load",
        name=f"Load {stack.name}/{name} into a data folder beside the live one",
        action="neo4j.load",
        args={"datastore": name, "version": version, "files": _FETCHED},
        undo=ActionCall(action="neo4j.remove_side", args={"datastore": name}),
        idempotent=True,
    )
    check = Step(
        key="check",
        name="Check that what was loaded is consistent and the backup's",
        action="neo4j.check",
        args={"datastore": name, "version": version, "transaction": dump.transaction},
        undo=ActionCall(action="helper.clear"),
        idempotent=True,
    )
    return ((load,), (check,)) if container else ((make,), (load,), (check,))


def swap(stack: Stack, name: str, run: str, incoming: str) -> Stages:
    args: JsonObject = {
        "datastore": name,
        "run": run,
        "incoming": incoming,
        "outgoing": ORIGINAL if incoming == RESTORED else RESTORED,
    }
    exchange = Step(
        key="exchange",
        name=f"Exchange the databases of {stack.name}/{name} with those beside",
        action="neo4j.exchange",
        args=args,
        undo=ActionCall(action="neo4j.exchange_back", args=args),
        probe=ActionCall(action="neo4j.is_exchanged", args=args),
        idempotent=True,
    )
    return ((exchange,),)


def compare(name: str, dump: DumpFacts) -> Stages:
    contents = dump.contents.model_dump(mode="json") if dump.contents else None
    step = Step(
        key="compare",
        name=f"Count what is in {name} now",
        action="neo4j.compare",
        args={"datastore": name, "contents": contents},
        idempotent=True,
    )
    return ((step,),)
