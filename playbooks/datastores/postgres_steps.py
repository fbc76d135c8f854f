"""The steps of backing up, loading and exchanging a PostgreSQL database. Pure."""

from playbooks.datastores.protocol import RestoreParams, Stages
from playbooks.model.base import JsonObject
from playbooks.model.plan import ActionCall, Owed, Step
from playbooks.model.stack import Stack


def dump_step(stack: Stack, name: str) -> Step:
    return Step(
        key=f"dump.{name}",
        name=f"Dump the database of {stack.name}/{name}",
        action="postgres.dump",
        args={"datastore": name, "backup": "{started}-{run}"},
        idempotent=True,
    )


def prepare_stages(stack: Stack, params: RestoreParams, checksum: str) -> Stages:
    """Loads beside the live database, dresses and verifies what was loaded."""
    name = params.datastore
    source: JsonObject = {"datastore": name, "backup": params.backup, "checksum": checksum}
    load = Step(
        key="load",
        name=f"Load the dump of {stack.name}/{name} beside the live database",
        action="postgres.load_side",
        args={**source, "files": {"$from": "fetch.files"}},
        undo=ActionCall(action="postgres.drop_side", args={"datastore": name}),
        idempotent=True,
    )
    settle = Step(
        key="settle",
        name="Reapply settings and privileges, and analyze",
        action="postgres.settle_side",
        args=source,
        idempotent=True,
    )
    verify = Step(
        key="verify",
        name="Compare what was loaded with the backup",
        action="postgres.verify_side",
        args=source,
        idempotent=True,
    )
    return ((load,), (settle,), (verify,))


def swap_stages(stack: Stack, name: str, restored: str, kept_by: str | None = None) -> Stages:
    """Notes which database is which, then exchanges them."""
    which: JsonObject = {"datastore": name, "kept_by": kept_by}
    exchange: JsonObject = {**which, "noted": {"$from": "identify.noted"}, "restored": restored}
    identify = Step(
        key="identify",
        name="Note which database is which",
        action="postgres.identify",
        args=which,
        idempotent=True,
    )
    swap = Step(
        key="swap",
        name=f"Exchange the database of {stack.name}/{name}, keeping the live one",
        action="postgres.swap",
        args=exchange,
        undo=ActionCall(action="postgres.swap_back", args=exchange),
        probe=ActionCall(action="postgres.is_swapped", args=exchange),
        idempotent=True,
    )
    return ((identify,), (swap,))


def reopening(name: str) -> Owed:
    """Owed from the second stage of `swap_stages` on."""
    return Owed(
        key=f"reopen.{name}",
        name=f"Let connections into {name} again",
        call=ActionCall(action="postgres.reopen", args={"datastore": name}),
        since=1,
        settled_by="swap",
    )
