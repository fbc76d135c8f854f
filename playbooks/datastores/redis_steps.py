"""The steps of backing up and restoring a Redis server. Pure."""

from playbooks.datastores.protocol import Stages
from playbooks.datastores.redis_model import DumpFacts, Layout
from playbooks.model.base import JsonObject
from playbooks.model.plan import ActionCall, Step
from playbooks.model.stack import Stack

_FETCHED = {"$from": "fetch.files"}


def dump(stack: Stack, name: str) -> Step:
    args: JsonObject = {"datastore": name, "backup": "{started}-{run}"}
    return Step(
        key=f"dump.{name}",
        name=f"Take a snapshot of {stack.name}/{name}",
        action="redis.dump",
        args=args,
        undo=ActionCall(action="redis.unpin", args={"datastore": name}),
        idempotent=True,
    )


def prepare(stack: Stack, name: str, layout: Layout, dump: DumpFacts) -> Stages:
    own = _own(name, layout)
    lay = Step(
        key="lay",
        name=f"Put the snapshot of {stack.name}/{name} beside the live data",
        action="redis.lay",
        args={**own, "files": _FETCHED},
        undo=ActionCall(action="redis.remove_side", args=own),
        idempotent=True,
    )
    attempt = Step(
        key="try",
        name="Load it in a throwaway server and count the keys",
        action="redis.try",
        args={**own, "owner": {"$from": "lay.owner"}, "wanted": _wanted(dump)},
        undo=ActionCall(action="helper.clear"),
        idempotent=True,
    )
    return ((lay,), (attempt,))


def swap(
    stack: Stack, name: str, layout: Layout, run: str, *, incoming: str, outgoing: str
) -> Stages:
    args: JsonObject = {
        **_own(name, layout),
        "run": run,
        "incoming": incoming,
        "outgoing": outgoing,
    }
    exchange = Step(
        key="exchange",
        name=f"Exchange the data of {stack.name}/{name} with those beside",
        action="redis.exchange",
        args=args,
        undo=ActionCall(action="redis.exchange_back", args=args),
        probe=ActionCall(action="redis.is_exchanged", args=args),
        idempotent=True,
    )
    return ((exchange,),)


def settle(stack: Stack, name: str, layout: Layout, run: str) -> Stages:
    kept = Step(
        key="settle",
        name=f"Keep the replaced data of {stack.name}/{name}",
        action="redis.settle",
        args={**_own(name, layout), "run": run},
        idempotent=True,
    )
    return ((kept,),)


def _own(name: str, layout: Layout) -> JsonObject:
    return {"datastore": name, "layout": layout.model_dump(mode="json")}


def _wanted(dump: DumpFacts) -> JsonObject:
    return dump.model_dump(mode="json")
