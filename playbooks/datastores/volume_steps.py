"""The steps of backing up and restoring what is mounted into a container. Pure."""

from playbooks.datastores.protocol import Stages
from playbooks.model.base import JsonObject
from playbooks.model.plan import ActionCall, Step
from playbooks.model.stack import Stack
from playbooks.repository.manifest import StoreEntry

_FETCHED = {"$from": "fetch.files"}
_NOTED = {"live": {"$from": "identify.live"}, "side": {"$from": "identify.side"}}


def dump_step(stack: Stack, name: str) -> Step:
    return Step(
        key=f"dump.{name}",
        name=f"Copy what is mounted as {stack.name}/{name}",
        action="volume.dump",
        args={"datastore": name, "backup": "{started}-{run}"},
        undo=ActionCall(action="helper.clear"),
        idempotent=True,
    )


def prepare_stages(stack: Stack, name: str, entry: StoreEntry, *, there: bool) -> Stages:
    """Where the service has no container it is made first, and with it its volumes."""
    provide = Step(
        key="provide",
        name=f"Make the container and the volumes of {stack.name}/{name}",
        action="volume.provide",
        args={"datastore": name},
        idempotent=True,
    )
    fill = Step(
        key="extract",
        name=f"Unpack {stack.name}/{name} beside the live content",
        action="volume.extract",
        args={"datastore": name, "files": _FETCHED},
        undo=ActionCall(action="volume.remove_side", args={"datastore": name}),
        idempotent=True,
    )
    compare = Step(
        key="compare",
        name="Compare what was unpacked with the backup",
        action="volume.compare",
        args={
            "datastore": name,
            "digest": entry.facts["digest"],
            "bytes": entry.facts["bytes"],
        },
        undo=ActionCall(action="helper.clear"),
        idempotent=True,
    )
    return (*(() if there else ((provide,),)), (fill,), (compare,))


def swap_stages(stack: Stack, name: str, run: str) -> Stages:
    """`run` made the copy: the plan's own, or, to undo, an earlier one."""
    noted: JsonObject = {"datastore": name, "run": run, **_NOTED}
    note = Step(
        key="identify",
        name="Note which content is which",
        action="volume.identify",
        args={"datastore": name, "run": run},
        idempotent=True,
    )
    swap = Step(
        key="exchange",
        name=f"Exchange the content of {stack.name}/{name} with the copy beside it",
        action="volume.exchange",
        args=noted,
        undo=ActionCall(action="volume.exchange_back", args=noted),
        probe=ActionCall(action="volume.is_exchanged", args=noted),
        idempotent=True,
    )
    return ((note,), (swap,))


def settle_stages(stack: Stack, name: str, run: str) -> Stages:
    settle = Step(
        key="settle",
        name=f"Keep the replaced content of {stack.name}/{name}",
        action="volume.settle",
        args={"datastore": name, "run": run},
        idempotent=True,
    )
    return ((settle,),)
