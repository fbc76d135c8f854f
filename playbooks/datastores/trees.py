"""Trees of files that are filled beside what is live, compared, exchanged with it, and kept: the
steps and words that a folder of this host and what is mounted into a container share. Pure."""

from dataclasses import dataclass
from datetime import datetime

from playbooks.datastores.protocol import RestorePart, Stages
from playbooks.errors import BadArgument
from playbooks.model.base import JsonObject
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import ActionCall, Line, Step
from playbooks.model.stack import Stack
from playbooks.repository.manifest import StoreEntry
from playbooks.sizes import counted

_NOTED = {"live": {"$from": "identify.live"}, "side": {"$from": "identify.side"}}


@dataclass(frozen=True)
class Tree:
    """A datastore that is a tree. `actions` is what the names of its actions begin with; `what` is
    exchanged: the folder itself, or the content of a mount."""

    stack: Stack
    name: str
    actions: str
    what: str

    @property
    def title(self) -> str:
        return f"{self.stack.name}/{self.name}"


def extract_step(tree: Tree) -> Step:
    return Step(
        key="extract",
        name=f"Unpack {tree.title} beside the live {tree.what}",
        action=f"{tree.actions}.extract",
        args={"datastore": tree.name, "files": {"$from": "fetch.files"}},
        undo=ActionCall(action=f"{tree.actions}.remove_side", args={"datastore": tree.name}),
        idempotent=True,
    )


def compare_step(tree: Tree, entry: StoreEntry) -> Step:
    return Step(
        key="compare",
        name="Compare what was unpacked with the backup",
        action=f"{tree.actions}.compare",
        args={
            "datastore": tree.name,
            "digest": entry.facts["digest"],
            "bytes": entry.facts["bytes"],
        },
        idempotent=True,
    )


def swap_stages(tree: Tree, run: str) -> Stages:
    """`run` made the copy: the plan's own, or, to undo, an earlier one."""
    noted: JsonObject = {"datastore": tree.name, "run": run, **_NOTED}
    note = Step(
        key="identify",
        name=f"Note which {tree.what} is which",
        action=f"{tree.actions}.identify",
        args={"datastore": tree.name, "run": run},
        idempotent=True,
    )
    swap = Step(
        key="exchange",
        name=f"Exchange the {tree.what} of {tree.title} with the copy beside it",
        action=f"{tree.actions}.exchange",
        args=noted,
        undo=ActionCall(action=f"{tree.actions}.exchange_back", args=noted),
        probe=ActionCall(action=f"{tree.actions}.is_exchanged", args=noted),
        idempotent=True,
    )
    return ((note,), (swap,))


def settle_stages(tree: Tree, run: str) -> Stages:
    settle = Step(
        key="settle",
        name=f"Keep the replaced {tree.what} of {tree.title}",
        action=f"{tree.actions}.settle",
        args={"datastore": tree.name, "run": run},
        idempotent=True,
    )
    return ((settle,),)


def taken_back(
    tree: Tree, run: str, kept: JsonObject, *, now: str, keeps: str, binding: JsonObject
) -> RestorePart:
    """Exchanges what is live with the copy that `run` kept, of which `kept` is known.

    Raises BadArgument when its copy was never live.
    """
    if kept["role"] != "kept":
        raise BadArgument(
            f"Run {run} restored {tree.name} beside the live {tree.what}: it replaced nothing.",
            f"Its copy is {kept['path']}.",
        )
    changed = kept["changed_since"]
    since = f"{datetime.fromisoformat(kept['since']):%Y-%m-%d %H:%M:%S} UTC"
    return RestorePart(
        prepare=(),
        swap=swap_stages(tree, run),
        finish=settle_stages(tree, run),
        owed=(),
        guards=(),
        loses=(
            f"{counted(changed, 'file')} of {tree.name} written since the exchange at {since}"
            if changed
            else f"nothing of {tree.name}: no file was written since the exchange at {since}",
        ),
        keeps=(keeps,),
        notes=(),
        shown=(
            Line(label="Now", value=now),
            Line(label="Kept copy", value=f"{kept['path']}, since {since}"),
        ),
        binding=binding,
    )


def not_counted(name: str, facts: Facts, query: FactQuery) -> tuple[str, ...]:
    """What is said to be lost where it could not be looked at in time."""
    why = facts.missing.get(query.key, "it was not asked for")
    return (f"whatever changed in {name} since the backup; not counted: {why}",)
