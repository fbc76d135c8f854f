"""The steps of backing up, loading and exchanging a PostgreSQL database. Pure."""

from collections.abc import Sequence

from playbooks.datastores.postgres_stores import slug_of
from playbooks.datastores.protocol import RestoreParams, Stages
from playbooks.model.base import JsonObject
from playbooks.model.plan import ActionCall, Owed, Step
from playbooks.model.stack import Stack
from playbooks.sizes import counted


def dump_step(stack: Stack, name: str) -> Step:
    return Step(
        key=f"dump.{name}",
        name=f"Dump the database of {stack.name}/{name}",
        action="postgres.dump",
        args={"datastore": name, "backup": "{started}-{run}"},
        idempotent=True,
    )


def dump_server_step(stack: Stack, name: str, databases: Sequence[str]) -> Step:
    return Step(
        key=f"dump.{name}",
        name=f"Dump {counted(len(databases), 'database')} of {stack.name}/{name}",
        action="postgres.dump_server",
        args={"datastore": name, "backup": "{started}-{run}", "databases": list(databases)},
        idempotent=True,
    )


def prepare_stages(
    stack: Stack, params: RestoreParams, checksum: str, database: str = ""
) -> Stages:
    """Loads beside the live database, dresses and verifies what was loaded. `database` is one of
    a server's."""
    name = params.datastore
    one = {"database": database} if database else {}
    mark, of = (f".{slug_of(database)}", f" ({database})") if database else ("", "")
    source: JsonObject = {
        "datastore": name,
        **one,
        "backup": params.backup,
        "checksum": checksum,
        **({"recovered": {"$from": "fetch.facts"}} if params.at else {}),
    }
    load = Step(
        key=f"load{mark}",
        name=f"Load the dump of {stack.name}/{name}{of} beside the live database",
        action="postgres.load_side",
        args={**source, "files": {"$from": "fetch.files"}},
        undo=ActionCall(action="postgres.drop_side", args={"datastore": name, **one}),
        idempotent=True,
    )
    settle = Step(
        key=f"settle{mark}",
        name=f"Reapply settings and privileges, and analyze{of}",
        action="postgres.settle_side",
        args=source,
        idempotent=True,
    )
    verify = Step(
        key=f"verify{mark}",
        name=f"Compare what was loaded with the backup{of}",
        action="postgres.verify_side",
        args=source,
        idempotent=True,
    )
    return ((load,), (settle,), (verify,))


def swap_stages(
    stack: Stack,
    name: str,
    restored: str,
    kept_by: str | None = None,
    databases: Sequence[str] = (),
) -> Stages:
    """Notes which database is which, then exchanges them: those of a server all at once."""
    what = counted(len(databases), "database") if databases else "the database"
    which: JsonObject = {"datastore": name, **_several(databases), "kept_by": kept_by}
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
        name=f"Exchange {what} of {stack.name}/{name}, keeping what is live",
        action="postgres.swap",
        args=exchange,
        undo=ActionCall(action="postgres.swap_back", args=exchange),
        probe=ActionCall(action="postgres.is_swapped", args=exchange),
        idempotent=True,
    )
    return ((identify,), (swap,))


def reopening(name: str, databases: Sequence[str] = ()) -> Owed:
    """Owed from the second stage of `swap_stages` on."""
    return Owed(
        key=f"reopen.{name}",
        name=f"Let connections into {name} again",
        call=ActionCall(action="postgres.reopen", args={"datastore": name, **_several(databases)}),
        since=1,
        settled_by="swap",
    )


def _several(databases: Sequence[str]) -> JsonObject:
    return {"databases": list(databases)} if databases else {}


def recover_step(stack: Stack, params: RestoreParams, databases: Sequence[str] = ()) -> Step:
    """Stands for the fetching of the backup, whose key it has."""
    at = params.at.isoformat() if params.at else ""
    return Step(
        key="fetch",
        name=f"Recover the server of {stack.name}/{params.datastore} aside, out of its archive",
        action="postgres.recover",
        args={
            "datastore": params.datastore,
            **_several(databases),
            "backup": params.backup,
            "at": at,
        },
        undo=ActionCall(action="helper.clear"),
        idempotent=True,
    )
